import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Database, type Statement } from '../database/database.js'
import { Logger } from '../logging/logger.js'

const EVERY_MS = 3600_000
const ROWS_AT_ONCE = 5000

/** No token and no hour that a key names is of use any more by then. $1 limit */
const DELETE_KEYS: Statement<{ gone: number }> = {
  name: 'delete-old-audit-keys',
  text: `
    delete from audited_once where key in (
      select key from audited_once where at < clock_timestamp() - interval '3 days' order by at limit $1
      for update skip locked)
    returning 1 as gone`,
}

/** Forgets what need not be told apart any more; the audit itself stays. */
@Injectable()
export class AuditedOncePurger implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.purge().catch((error: unknown) => {
        const why = 'could not forget old keys of the audit; trying again in an hour'
        this.logger.warn({ error: String(error) }, why)
      })
    }, EVERY_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  async purge(): Promise<void> {
    while ((await this.database.query(DELETE_KEYS, [ROWS_AT_ONCE])).length === ROWS_AT_ONCE);
  }
}
