import { check, type Verdict } from './checker.js'
import { runHistory, type DriverOptions, type DriverReport } from './driver.js'
import type { History } from './history.js'

export type BadVerdict = Extract<Verdict, { verdict: 'bad' }>

export interface RunResult extends DriverReport {
  readonly bad: readonly { readonly history: History; readonly verdict: BadVerdict }[]
  /** Files whose search was given up: neither good nor bad. */
  readonly undecided: readonly History[]
  readonly checkMs: number
}

/** Drives the servers and judges each file as soon as it is done, so that memory does not grow with the run. */
export async function runAndCheck(
  options: Omit<DriverOptions, 'onHistory'>,
  onProgress: (operations: number) => void = () => undefined,
): Promise<RunResult> {
  const bad: { history: History; verdict: BadVerdict }[] = []
  const undecided: History[] = []
  let checkMs = 0
  let judged = 0
  const onHistory = (history: History): void => {
    const start = performance.now()
    const verdict = check(history, { lifeMs: options.ttlMs + options.graceMs })
    checkMs += performance.now() - start
    if (verdict.verdict === 'bad') bad.push({ history, verdict })
    if (verdict.verdict === 'undecided') undecided.push(history)
    judged += history.operations.length
    onProgress(judged)
  }
  const report = await runHistory({ ...options, onHistory })
  return { ...report, bad, undecided, checkMs }
}
