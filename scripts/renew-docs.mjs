// node scripts/renew-docs.mjs docs/admin-api.md: runs the page's bash blocks, in order and in one shell, against the
// Tandem at $TANDEM (default http://localhost:8080; DATA_DIR must be its own, and nobody may have used it yet), and
// puts what each printed into the block below it.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [, , page] = process.argv
if (!page) throw new Error('Usage: node scripts/renew-docs.mjs docs/api.md')
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const text = readFileSync(page, 'utf8')

/** A bash block, and the block with its output when one follows. */
const BLOCKS = /^```bash\n(.*?)^```\n(?:\n```(\w*)\n.*?^```\n)?/gms
const CUT = '\x1e'

const script = [...text.matchAll(BLOCKS)].map(([, commands]) => `${commands}\nprintf '${CUT}'\n`).join('')
const outputs = execFileSync('bash', ['-s'], {
  cwd: root,
  input: script,
  encoding: 'utf8',
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { ...process.env, TANDEM: process.env.TANDEM ?? 'http://localhost:8080' },
}).split(CUT)

let block = 0
const renewed = text.replaceAll(BLOCKS, (whole, commands, language) => {
  const output = (outputs[block++] ?? '').trim()
  if (language === undefined) return whole
  return `\`\`\`bash\n${commands}\`\`\`\n\n\`\`\`${language}\n${output}\n\`\`\`\n`
})
writeFileSync(page, renewed)
execFileSync(join(root, 'node_modules/.bin/prettier'), ['--write', '--log-level=warn', page], {
  stdio: 'inherit',
})
