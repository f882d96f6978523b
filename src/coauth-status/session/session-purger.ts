import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { Database, type Statement } from '../../database/database.js'
import { Housekeeper } from '../../installation/housekeeper.js'

const ROWS_AT_ONCE = 2000

/** By the participants' own time: sessions are kept for ever, and are more. $1 days, $2 limit */
const DELETE_PARTICIPANTS: Statement<{ gone: number }, [number, number]> = {
  name: 'delete-old-participants',
  plan: 'anew',
  text: `
    delete from coauth_participant where (session_id, jti) in (
      select session_id, jti from coauth_participant
      where left_at is not null and last_seen_at < clock_timestamp() - $1::int * interval '1 day'
      limit $2 for update skip locked)
    returning 1 as gone`,
}

/** When a session began and ended is kept: the list of versions is made by it (version-listing.ts). $1 days, $2 limit */
const FORGET_NAMES: Statement<{ gone: number }, [number, number]> = {
  name: 'forget-names-in-old-sessions',
  plan: 'anew',
  text: `
    update coauth_session set saved_at = null, saved_version = null, saved_user = null, saved_jti = null,
      saved_editors = '{}', failing_since = null, failing_reason = null, failing_user = null, failing_jti = null
    where id in (
      select id from coauth_session
      where (saved_user is not null or failing_user is not null)
        and ended_at < clock_timestamp() - $1::int * interval '1 day'
      limit $2 for update skip locked)
    returning 1 as gone`,
}

/** The oldest ids are the oldest events: the look ends at the first that is to be kept. $1 days, $2 limit */
const DELETE_EVENTS: Statement<{ gone: number }, [number, number]> = {
  name: 'delete-old-events',
  plan: 'anew',
  text: `
    delete from session_event where id in (
      select id from (select id, at from session_event order by id limit $2) oldest
      where at < clock_timestamp() - $1::int * interval '1 day')
    returning 1 as gone`,
}

/** Who worked with whom, and when, is kept for PRESENCE_RETENTION_DAYS and no longer (RELIABILITY-SECURITY.md §3.7). */
@Injectable()
export class SessionPurger {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('delete old sessions', () => this.purge())
  }

  async purge(): Promise<void> {
    for (const statement of [DELETE_PARTICIPANTS, FORGET_NAMES, DELETE_EVENTS])
      await this.deleteAll(statement)
  }

  private async deleteAll(statement: Statement<{ gone: number }, [number, number]>): Promise<void> {
    const days = this.settings.presenceRetentionDays
    while ((await this.database.query(statement, [days, ROWS_AT_ONCE])).length === ROWS_AT_ONCE);
  }
}
