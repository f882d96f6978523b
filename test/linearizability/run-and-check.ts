import { check, type Verdict } from './checker.js'
import { runHistory, type DriverOptions, type DriverReport } from './driver.js'
import type { History } from './history.js'

export interface BadRegister {
  readonly history: History
  readonly verdict: Extract<Verdict, { verdict: 'bad' }>
}

export interface RunResult extends DriverReport {
  readonly bad: readonly BadRegister[]
  /** Files whose search was given up: neither good nor bad. */
  readonly undecided: readonly History[]
  readonly checkMs: number
}

export interface RunOptions extends Omit<DriverOptions, 'onHistory' | 'stop'> {
  readonly upTo: 'the end' | 'the first bad register'
}

/** Drives the servers and judges each file as soon as it is done, so that memory does not grow with the run. */
export async function runAndCheck(options: RunOptions): Promise<RunResult> {
  const bad: BadRegister[] = []
  const undecided: History[] = []
  const stop = new AbortController()
  let checkMs = 0
  const onHistory = (history: History): void => {
    const start = performance.now()
    const verdict = check(history, { lifeMs: options.ttlMs + options.graceMs })
    checkMs += performance.now() - start
    if (verdict.verdict === 'bad') bad.push({ history, verdict })
    if (verdict.verdict === 'undecided') undecided.push(history)
    if (bad.length > 0 && options.upTo === 'the first bad register') stop.abort()
  }
  const report = await runHistory({ ...options, stop: stop.signal, onHistory })
  return { ...report, bad, undecided, checkMs }
}
