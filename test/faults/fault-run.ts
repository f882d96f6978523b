import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execute, startTestPostgres } from '../kit/postgres.js'
import type { Fault } from './fault.js'
import { DAILY_WORK, verdictOf, type TestReport, type Verdict } from './verdict.js'
import { Workspace } from './workspace.js'

/** A fault that makes tests wait makes them fail by their own timeouts long before. */
const MAX_MS = 5 * 60_000

export interface Judged {
  readonly fault: Fault
  readonly verdict: Verdict
  readonly seconds: number
}

/** Plants the faults one by one, in as many copies of the sources as there are workers, and runs the tests of each. */
export async function runFaults(
  faults: readonly Fault[],
  { workers, onJudged = () => undefined }: { workers: number; onJudged?: (judged: Judged) => void },
): Promise<Judged[]> {
  const waiting = [...faults]
  const judged: Judged[] = []
  const work = async (): Promise<void> => {
    await using workspace = await Workspace.create()
    const postgres = await startTestPostgres()
    try {
      for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
        const one = await judge(workspace, fault, postgres.server.url)
        judged.push(one)
        onJudged(one)
        await dropDatabases(postgres.server.url)
      }
    } finally {
      await postgres.stop()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, faults.length) }, work))
  return judged
}

/** Those of the tests before: a hundred faults would fill the disk with them. */
async function dropDatabases(serverUrl: string): Promise<void> {
  const { rows } = await execute(serverUrl, `select datname from pg_database where datname ~ '^t_[0-9a-f]+$'`)
  for (const { datname } of rows as { datname: string }[])
    await execute(serverUrl, `drop database if exists "${datname}" with (force)`)
}

async function judge(workspace: Workspace, fault: Fault, postgres: string): Promise<Judged> {
  const began = performance.now()
  const verdict = await workspace
    .with(fault, () => runTests(workspace, fault, postgres))
    .catch((error: unknown): Verdict => ({
      kind: 'error',
      why: error instanceof Error ? error.message : String(error),
    }))
  return { fault, verdict, seconds: (performance.now() - began) / 1000 }
}

async function runTests({ root }: Workspace, fault: Fault, postgres: string): Promise<Verdict> {
  const report = join(root, 'faults-report.json')
  await rm(report, { force: true })
  const program = join(root, 'node_modules/vitest/vitest.mjs')
  const options = ['--config', 'test/faults/vitest.config.ts', '--reporter=json', `--outputFile=${report}`]
  const child = spawn(process.execPath, [program, 'run', ...options, DAILY_WORK, ...fault.caughtBy], {
    cwd: root,
    // Nothing of a vitest that this may run in. What is wrong in the schema needs one that was made by it.
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      ...(fault.file.startsWith('src/database/') ? {} : { FAULTS_POSTGRES: postgres }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const collect = (chunk: Buffer): void => void (printed = (printed + chunk.toString()).slice(-4000))
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const end = (): void => void child.kill('SIGTERM')
  process.once('exit', end)
  const patience = setTimeout(end, MAX_MS)
  await once(child, 'close')
  clearTimeout(patience)
  process.off('exit', end)
  const text = await readFile(report, 'utf8').catch(() => '{"testResults":[]}')
  const results = JSON.parse(text) as TestReport
  return results.testResults.length > 0
    ? verdictOf(fault, results)
    : { kind: 'error', why: `no test was run: ${printed.trim().slice(-400)}` }
}
