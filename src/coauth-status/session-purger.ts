import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'
import { Logger } from '../logging/logger.js'

const EVERY_MS = 3600_000
const ROWS_AT_ONCE = 2000

/** When a session began and ended is kept: the list of versions is made by it (version-listing.ts). $1 days, $2 limit */
const DELETE_PARTICIPANTS: Statement<{ gone: number }> = {
  name: 'delete-old-participants',
  text: `
    delete from coauth_participant where (session_id, jti) in (
      select p.session_id, p.jti from coauth_participant p join coauth_session s on s.id = p.session_id
      where s.ended_at < clock_timestamp() - $1::int * interval '1 day'
      limit $2 for update of p skip locked)
    returning 1 as gone`,
}

/** $1 days, $2 limit */
const DELETE_EVENTS: Statement<{ gone: number }> = {
  name: 'delete-old-events',
  text: `
    delete from session_event where id in (
      select id from session_event where at < clock_timestamp() - $1::int * interval '1 day'
      order by id limit $2 for update skip locked)
    returning 1 as gone`,
}

/** Who worked with whom, and when, is kept for PRESENCE_RETENTION_DAYS and no longer (RELIABILITY-SECURITY.md §3.7). */
@Injectable()
export class SessionPurger implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.purge(), EVERY_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  async purge(): Promise<void> {
    try {
      for (const statement of [DELETE_PARTICIPANTS, DELETE_EVENTS]) await this.deleteAll(statement)
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'could not delete old sessions; trying again in an hour')
    }
  }

  private async deleteAll(statement: Statement<{ gone: number }>): Promise<void> {
    const values = [this.settings.presenceRetentionDays, ROWS_AT_ONCE]
    while ((await this.database.query(statement, values)).length === ROWS_AT_ONCE);
  }
}
