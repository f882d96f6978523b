import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Database } from '../database/database.js'
import { DatabaseClock } from '../database/database-clock.js'
import { Logger } from '../logging/logger.js'

const EVERY_MS = 30_000
/** Editors' proofs, sign-in links and logs go by this machine's clock (RELIABILITY-SECURITY.md R-13). */
const WORTH_SAYING_SECONDS = 30

/** Measures the database's clock again and again, and says when this machine's is another. */
@Injectable()
export class ClockWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined
  private said = false

  constructor(
    private readonly clock: DatabaseClock,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.judge()
    this.timer = setInterval(() => {
      this.measure().catch(() => {
        // A database that is away is reported by whoever needs it; the last measurement stays good.
      })
    }, EVERY_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  async measure(): Promise<void> {
    await this.clock.measure(this.database)
    this.judge()
  }

  /** What there is to say of the two clocks now; undefined while they agree. */
  get difference(): string | undefined {
    const behind = Math.round(this.clock.machineBehindSeconds)
    if (Math.abs(behind) <= WORTH_SAYING_SECONDS) return undefined
    return `this machine's clock is ${Math.abs(behind)} s ${behind > 0 ? 'behind' : 'ahead of'} the database's`
  }

  private judge(): void {
    const { difference } = this
    if ((difference !== undefined) === this.said) return
    this.said = difference !== undefined
    const facts = { behindSeconds: Math.round(this.clock.machineBehindSeconds) }
    if (difference !== undefined) this.logger.warn({ event: 'clock-differs', ...facts }, difference)
    else this.logger.info({ event: 'clock-agrees', ...facts }, "this machine's clock is right again")
  }
}
