import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import { Logger } from '../logging/logger.js'
import { LockLog } from './lock-log.js'
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
      const dead = await this.database.transaction(async (tx) => {
        const rows = await tx.query(SWEEP, [this.settings.lockGraceMs])
        const found = rows.map(({ file_id, kind, lock_id, holder }) => {
          return { fileId: file_id, kind, lockId: lock_id, holder }
        })
        await this.log.record(tx, found)
        return found
      })
      for (const one of dead) this.log.say(one)
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'could not look for expired locks; trying again soon')
    }
  }
}
