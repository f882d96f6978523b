import { Injectable } from '@nestjs/common'
import { Database, type Queryable, type Statement, type Tx } from '../database/database.js'
import type { FileId, UserId } from '../ids/ids.js'
import type { EventKind } from './event-kind.js'

/** Something that happened to a file or its session, as it is recorded. */
export interface NewEvent {
  readonly kind: EventKind
  readonly fileId: FileId
  readonly sessionId?: string
  readonly userId?: UserId
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface RecordedEvent {
  /** Decimal; grows in the order in which events become visible, so that a reader never misses one. */
  readonly id: string
  readonly at: Date
  readonly kind: EventKind
  readonly file_id: FileId
  readonly session_id: string | null
  readonly user_id: UserId | null
  readonly detail: Record<string, unknown>
}

/** The channel on which a commit says that there is something new. */
export const EVENT_CHANNEL = 'tandem_events'

/**
 * One writer at a time until its commit: ids then become visible in their order, and "everything after id N" misses
 * nothing. That is why a save never appends here itself: NOTIFY in a hot statement halves its rate.
 * What names no session happened in the one that the file has open, if any. $1 the events as JSON
 */
const APPEND: Statement<{ pg_notify: '' }, [string]> = {
  name: 'append-events',
  text: `
    with turn as materialized (select pg_advisory_xact_lock(hashtext('${EVENT_CHANNEL}'))),
    added as (
      insert into session_event (kind, file_id, session_id, user_id, detail)
      select e.kind, e."fileId", coalesce(e."sessionId", (
          select s.id from coauth_session s where s.file_id = e."fileId" and s.ended_at is null)),
        e."userId", coalesce(e.detail, '{}')
      from turn, jsonb_to_recordset($1) as e(kind text, "fileId" text, "sessionId" text, "userId" text, detail jsonb)
      returning id
    )
    select pg_notify('${EVENT_CHANNEL}', max(id)::text) from added`,
}

// One statement for each question, so that each has the plan of its own index.
const after = <Wanted extends readonly unknown[]>(
  name: string,
  condition: string,
): Statement<RecordedEvent, [string, number, ...Wanted]> => ({
  name,
  text: `
    select id, at, kind, file_id, session_id, user_id, detail from session_event
    where id > $1${condition} order by id limit $2`,
})

/** $1 after id, $2 limit */
const AFTER = after<[]>('events-after', '')
/** $3 file */
const AFTER_OF_FILE = after<[FileId]>('events-after-of-file', ' and file_id = $3')
/** $3 session */
const AFTER_OF_SESSION = after<[string]>('events-after-of-session', ' and session_id = $3')
/** $3 file, $4 session */
const AFTER_OF_BOTH = after<[FileId, string]>('events-after-of-both', ' and file_id = $3 and session_id = $4')

const LATEST: Statement<{ id: string }, []> = {
  name: 'latest-event',
  text: `select coalesce(max(id), 0) as id from session_event`,
}

/** What happened, for people who watch and programs that are told. Kept in order, read by anybody from any point. */
@Injectable()
export class EventLog {
  constructor(private readonly database: Database) {}

  /**
   * In the transaction of the deed: there is never one without the other. The last thing in it: others wait for this
   * turn with their rows locked, so whoever took rows after it could wait for them in a circle.
   */
  async append(tx: Tx, events: readonly NewEvent[]): Promise<void> {
    if (events.length > 0) await tx.query(APPEND, [JSON.stringify(events)])
  }

  /** In their order. Fewer than `limit` means: that is all there is now. */
  async after(
    id: string,
    { fileId, sessionId, limit }: { fileId?: FileId | undefined; sessionId?: string; limit: number },
    on: Queryable = this.database,
  ): Promise<RecordedEvent[]> {
    if (fileId !== undefined && sessionId !== undefined)
      return on.query(AFTER_OF_BOTH, [id, limit, fileId, sessionId])
    if (fileId !== undefined) return on.query(AFTER_OF_FILE, [id, limit, fileId])
    if (sessionId !== undefined) return on.query(AFTER_OF_SESSION, [id, limit, sessionId])
    return on.query(AFTER, [id, limit])
  }

  /** Everything up to this id is visible; '0' before the first event. */
  async latest(): Promise<string> {
    const [row] = await this.database.query(LATEST, [])
    return row?.id ?? '0'
  }
}

/** As the live stream, webhooks and REST tell it. */
export function eventView({ id, at, kind, file_id, session_id, user_id, detail }: RecordedEvent): unknown {
  return { id, at, kind, fileId: file_id, sessionId: session_id, userId: user_id, detail }
}
