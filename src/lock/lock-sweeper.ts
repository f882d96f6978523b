import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import { Logger } from '../logging/logger.js'
import { SWEEP_COAUTH_LOCKS } from './coauth-lock.statements.js'
import { LockLog, type DeadLock } from './lock-log.js'
import { SWEPT_AT_ONCE } from './lock-row.js'
import { SWEEP } from './lock.statements.js'

/** Reports expired locks even if nobody calls. Correctness does not depend on it: every operation judges expiry itself. */
@Injectable()
export class LockSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly log: LockLog,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const everyMs = Math.min(10_000, Math.max(250, this.settings.lockTtlMs / 4))
    this.timer = setInterval(() => void this.sweep(), everyMs).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  async sweep(): Promise<void> {
    try {
      while ((await this.sweepSome()) === SWEPT_AT_ONCE);
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'could not look for expired locks; trying again soon')
    }
  }

  /** @returns how many of the files' own locks it was; coauth locks are swept all at once */
  private async sweepSome(): Promise<number> {
    const { dead, locks } = await this.database.transaction(async (tx) => {
      const locks = await tx.query(SWEEP, [this.settings.lockGraceMs])
      const coauthLocks = await tx.query(SWEEP_COAUTH_LOCKS, [])
      const dead: DeadLock[] = [
        ...locks.map(({ file_id: fileId, kind, lock_id: lockId, holder }) => ({
          fileId,
          kind,
          lockId,
          holder,
        })),
        ...coauthLocks.map(({ file_id: fileId, lock_id: lockId, user_id: holder }) => ({
          fileId,
          kind: 'coauth' as const,
          lockId,
          holder,
        })),
      ]
      await this.log.record(tx, dead)
      return { dead, locks: locks.length }
    })
    for (const one of dead) this.log.say(one)
    return locks
  }
}
