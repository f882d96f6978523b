// node scripts/run.mjs src/main.js [arguments]: builds if needed, then runs dist/<entry> in this very process,
// so that signals sent to npm reach the program itself.
import { pathToFileURL } from 'node:url'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'

const [, , entry, ...args] = process.argv
build()
const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', entry)
process.argv = [process.argv[0], file, ...args]
await import(pathToFileURL(file).href)
