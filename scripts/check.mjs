// npm run check: what can be said of a change within half a minute, all side by side. Caches make the second time
// fast; a rule that looks across files may be judged by what it was, so `npm run lint`, which CI runs, keeps none.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

const CACHES = 'node_modules/.cache'
const LOOKS = [
  `eslint . --max-warnings 0 --cache --cache-strategy content --cache-location ${CACHES}/eslint`,
  'prettier --check . --cache',
  `tsc --noEmit --incremental --tsBuildInfoFile ${CACHES}/types`,
  'tsc -p web && tsc -p simulator/stand-in/web',
  'npm run --silent architecture',
  'vitest run src',
]

const codes = await Promise.all(
  LOOKS.map(async (look) => {
    const child = spawn(look, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise((resolve) => child.on('close', resolve))
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    const code = await ended
    process.stdout.write(`\n== ${look}\n${out}${err}`)
    return code
  }),
)
process.exitCode = codes.every((code) => code === 0) ? 0 : 1
