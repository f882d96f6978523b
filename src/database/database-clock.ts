import { Injectable } from '@nestjs/common'
import type { Queryable, Statement } from './database.js'

/** A measurement is off by half of what its question took, at most; one that took longer says too little. */
const MAX_QUESTION_MS = 5000

const CLOCK: Statement<{ now: number }, []> = {
  name: 'database-clock',
  text: `select epoch_ms(clock_timestamp()) as now`,
  longestMs: MAX_QUESTION_MS,
}

/**
 * The database's time, without asking it. Tokens are dated and ended by that clock, whichever server issues them: a
 * machine that goes after would take a fresh one for one of the future, and one that goes before would end it early.
 * Between two measurements the time is that of a clock that nobody sets.
 */
@Injectable()
export class DatabaseClock {
  private measured: { readonly databaseMs: number; readonly at: number } | undefined

  /** Epoch milliseconds; this machine's until the first measurement. */
  now(): number {
    if (!this.measured) return Date.now()
    return this.measured.databaseMs + (performance.now() - this.measured.at)
  }

  nowSeconds(): number {
    return Math.floor(this.now() / 1000)
  }

  /** How far this machine's clock is behind the database's; before it, less than 0. */
  get machineBehindSeconds(): number {
    return (this.now() - Date.now()) / 1000
  }

  async measure(database: Queryable): Promise<void> {
    const asked = performance.now()
    const [row] = await database.query(CLOCK, [])
    const took = performance.now() - asked
    if (!row || (took > MAX_QUESTION_MS && this.measured)) return
    this.measured = { databaseMs: row.now, at: asked + took / 2 }
  }
}
