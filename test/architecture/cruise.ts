import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

export interface Violation {
  readonly rule: string
  readonly from: string
  readonly to: string
}

const CONFIG = join(ROOT, '.dependency-cruiser.cjs')

/** Names of all rules that `.dependency-cruiser.cjs` has. */
export function ruleNames(): string[] {
  const { forbidden } = createRequire(import.meta.url)(CONFIG) as { forbidden: { name: string }[] }
  return [...new Set(forbidden.map(({ name }) => name))]
}

/** What `npm run architecture` reports for the sources under `root`. */
export async function cruise(root: string): Promise<Violation[]> {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const what = ['src', 'simulator', 'bench', 'ormconfig.ts']
  const { summary } = JSON.parse(
    await output(program, ['--config', CONFIG, '--output-type', 'json', ...what], root),
  ) as {
    summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] }
  }
  if (summary.totalCruised < 100) throw new Error(`only ${summary.totalCruised} files were looked at`)
  return summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
}

// Exits with the number of errors; that is no failure of the program.
function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string, stderr: string): void => {
      if (stdout.startsWith('{')) resolve(stdout)
      else reject(new Error(`dependency-cruiser failed: ${stderr}`, { cause: error }))
    }
    execFile(process.execPath, [program, ...args], { cwd, maxBuffer: 64 * 1024 ** 2 }, done)
  })
}
