// Builds dist/ only when a source is newer than the last build, so that `npm start`, `npm run token` … work
// right after `npm ci` and after `git pull`, and start at once otherwise.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'dist', '.built')
const sources = [
  'src',
  'simulator',
  'bench',
  'test',
  'ormconfig.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
]

export function build() {
  const require = createRequire(import.meta.url)
  let cli
  try {
    cli = require.resolve('@nestjs/cli/bin/nest.js')
  } catch {
    return // a production install has no compiler; it ships dist/ ready-made
  }
  if (isFresh()) return
  const release = takeTurn()
  try {
    if (isFresh()) return
    const began = new Date()
    // What is read as a folder must not keep what the sources have no more.
    rmSync(join(root, 'dist', 'src', 'database', 'functions'), { recursive: true, force: true })
    execFileSync(process.execPath, [cli, 'build'], {
      cwd: root,
      stdio: ['ignore', process.stderr, 'inherit'],
    })
    writeFileSync(stamp, began.toISOString())
    // A source saved while the compiler ran is newer than this build.
    utimesSync(stamp, began, began)
  } finally {
    release()
  }
}

function isFresh() {
  return existsSync(stamp) && newest(sources.map((source) => join(root, source))) <= statSync(stamp).mtimeMs
}

// Two npm scripts may start at once; the second waits for the first one's build.
function takeTurn() {
  const turn = join(root, 'node_modules', '.tandem-build')
  const deadline = Date.now() + 120_000
  for (;;) {
    try {
      mkdirSync(turn)
      return () => rmdirSync(turn)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (Date.now() > deadline || Date.now() - statSync(turn).mtimeMs > 120_000) rmdirSync(turn)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    }
  }
}

function newest(paths) {
  let latest = 0
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat) continue
    latest = Math.max(latest, stat.mtimeMs)
    if (stat.isDirectory())
      latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))))
  }
  return latest
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build()
