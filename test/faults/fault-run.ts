import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from './fault.js'
import { DAILY_WORK, verdictOf, type TestReport, type Verdict } from './verdict.js'
import { Workspace } from './workspace.js'

/** A fault that makes tests wait makes them fail by their own timeouts long before. */
const LONGEST_MS = 5 * 60_000

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
    for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
      const one = await judge(workspace, fault)
      judged.push(one)
      onJudged(one)
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, faults.length) }, work))
  return judged
}

async function judge(workspace: Workspace, fault: Fault): Promise<Judged> {
  const began = performance.now()
  const verdict = await workspace
    .with(fault, () => runTests(workspace, fault))
    .catch((error: unknown): Verdict => ({
      kind: 'error',
      why: error instanceof Error ? error.message : String(error),
    }))
  return { fault, verdict, seconds: (performance.now() - began) / 1000 }
}

async function runTests({ root }: Workspace, fault: Fault): Promise<Verdict> {
  const report = join(root, 'faults-report.json')
  await rm(report, { force: true })
  const program = join(root, 'node_modules/vitest/vitest.mjs')
  const options = ['--config', 'test/faults/vitest.config.ts', '--reporter=json', `--outputFile=${report}`]
  const child = spawn(process.execPath, [program, 'run', ...options, DAILY_WORK, ...fault.caughtBy], {
    cwd: root,
    // Nothing of a vitest that this may run in.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: process.env['TMPDIR'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const collect = (chunk: Buffer): void => void (printed = (printed + chunk.toString()).slice(-4000))
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const patience = setTimeout(() => child.kill('SIGTERM'), LONGEST_MS)
  await once(child, 'close')
  clearTimeout(patience)
  const text = await readFile(report, 'utf8').catch(() => undefined)
  if (text === undefined) return { kind: 'error', why: `no test was run: ${printed.trim().slice(-400)}` }
  return verdictOf(fault, JSON.parse(text) as TestReport)
}
