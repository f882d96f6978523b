import { check } from '../linearizability/checker.js'
import { runHistory, type DriverReport } from '../linearizability/driver.js'
import type { TandemPair } from '../linearizability/tandem-pair.js'
import { print } from '../linearizability/transcript.js'
import type { Complain, Lane } from './lane.js'

export interface ContestOptions {
  readonly pair: TandemPair
  readonly ttlMs: number
  readonly graceMs: number
  readonly seed: number
}

/** The contest of `npm run test:linearizability`, on servers that are disturbed in every way there is. */
export class LockContest implements Lane {
  private readonly stopped = new AbortController()
  private readonly run: Promise<DriverReport>
  private registers = 0
  private report: DriverReport | undefined

  constructor({ pair, ttlMs, graceMs, seed }: ContestOptions, complain: Complain) {
    this.run = runHistory({
      urls: pair.urls,
      clients: 8,
      operations: Number.MAX_SAFE_INTEGER,
      operationsPerFile: 300,
      ttlMs,
      graceMs,
      seed,
      files: 3,
      coauthFraction: 0.25,
      stop: this.stopped.signal,
      newFile: () => pair.newFile(),
      // The database may be away just now.
      holdRow: (fileId) => pair.holdRow(fileId).catch(() => () => Promise.resolve()),
      onHistory: (history) => {
        this.registers++
        const verdict = check(history, { lifeMs: ttlMs + graceMs })
        if (verdict.verdict !== 'bad') return
        complain(`bad register of file ${history.file}: ${verdict.reason}:\n${print(verdict.stuck)}`)
      },
    })
    this.run.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    this.report = await this.run
  }

  counts(): Record<string, number> {
    return { 'lock registers': this.registers, 'lock operations': this.report?.operations ?? 0 }
  }
}
