import { Contest } from './contest.js'
import type { History } from './history.js'
import { WopiCaller } from './wopi-caller.js'

export interface NewFile {
  readonly id: string
  /** WOPI access tokens for editing it; a client uses one of them. */
  readonly tokens: readonly string[]
  /** One that ended a moment ago, of somebody who edited with the others. */
  readonly ended?: string
}

export interface DriverOptions {
  /** Base URLs of servers on one database. Read anew for every call, so that a restarted server may move. */
  readonly urls: readonly string[]
  /** How many contend for each file. */
  readonly clients: number
  readonly operations: number
  /** LOCK_TTL_SECONDS and LOCK_GRACE_SECONDS of the servers, in milliseconds. */
  readonly ttlMs: number
  readonly graceMs: number
  readonly seed: number
  /** How many files are contended for at the same time; each is replaced after `operationsPerFile`. */
  readonly files: number
  readonly operationsPerFile?: number
  /** Share of the requests whose client hangs up before the answer. */
  readonly lostFraction?: number
  /** Share of the calls that are those of native clients; the servers must have `COAUTH_PROFILE=plus` then. */
  readonly coauthFraction?: number
  /** Saves name what they are based on, and some call with a token that has ended: `newFile` has one then. */
  readonly timestamps?: boolean
  /** A file that is not empty and not locked. */
  newFile(): Promise<NewFile>
  /** Ends the run before all operations are done; what was recorded until then is handed over. */
  readonly stop?: AbortSignal
  /** Holds the file's row in the database, as any transaction on it does, until the answer is called. */
  holdRow?(fileId: string): Promise<() => Promise<void>>
  onHistory(history: History): void
}

export interface DriverReport {
  operations: number
  files: number
  /** How often a lock was seen to have run out: a driver that never waits for that proves little. */
  expiries: number
  /** By operation and outcome: `LOCK 409`, `PUT lost`, … */
  readonly outcomes: Record<string, number>
  /** Answers other than 200 and 409, by status. */
  readonly unexpected: Record<string, number>
}

/** Plays contended editing against real servers and hands over what was answered, file by file. */
export async function runHistory(options: DriverOptions): Promise<DriverReport> {
  const report: DriverReport = { operations: 0, files: 0, expiries: 0, outcomes: {}, unexpected: {} }
  const caller = new WopiCaller(options.urls)
  let left = options.operations
  const lane = async (): Promise<void> => {
    while (left > 0 && !options.stop?.aborted) {
      const budget = Math.min(left, options.operationsPerFile ?? 400)
      left -= budget
      const number = report.files++
      const contest = new Contest(await options.newFile(), number, caller, options, report)
      const history = await contest.play(budget)
      left += Math.max(0, budget - history.operations.length)
      options.onHistory(history)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.files }, lane))
  } finally {
    await caller.close()
  }
  return report
}
