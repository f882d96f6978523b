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
      for (const dead of await this.database.query(SWEEP, [this.settings.lockGraceMs])) {
        this.log.expired(dead.file_id, dead.lock_id)
      }
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'could not look for expired locks; trying again soon')
    }
  }
}
