import { Injectable } from '@nestjs/common'
import { Database, type Statement, type Tx } from '../database/database.js'
import type { EventKind } from './event-kind.js'

/** Something that happened to a file or its session, as it is recorded. */
export interface NewEvent {
  readonly kind: EventKind
  readonly fileId: string
  readonly sessionId?: string
  readonly userId?: string
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface RecordedEvent {
  /** Decimal; grows in the order in which events become visible, so that a reader never misses one. */
  readonly id: string
  readonly at: Date
  readonly kind: EventKind
  readonly file_id: string
  readonly session_id: string | null
  readonly user_id: string | null
  readonly detail: Record<string, unknown>
}

/** The channel on which a commit says that there is something new. */
export const EVENT_CHANNEL = 'tandem_events'

/**
 * One writer at a time until its commit: ids then become visible in their order, and "everything after id N" misses
 * nothing. That is why a save never appends here itself (DESIGN.md §11: NOTIFY halves a hot statement's rate).
 * $1 the events as JSON
 */
const APPEND: Statement<{ id: string }> = {
  name: 'append-events',
  text: `
    with turn as materialized (select pg_advisory_xact_lock(hashtext('${EVENT_CHANNEL}'))),
    added as (
      insert into session_event (kind, file_id, session_id, user_id, detail)
      select e.kind, e."fileId", e."sessionId", e."userId", coalesce(e.detail, '{}')
      from turn, jsonb_to_recordset($1) as e(kind text, "fileId" text, "sessionId" text, "userId" text, detail jsonb)
      returning id
    )
    select id, pg_notify('${EVENT_CHANNEL}', id::text) from added`,
}

/** $1 after id, $2 file or null, $3 session or null, $4 limit */
const AFTER: Statement<RecordedEvent> = {
  name: 'events-after',
  text: `
    select id, at, kind, file_id, session_id, user_id, detail from session_event
    where id > $1 and ($2::text is null or file_id = $2) and ($3::text is null or session_id = $3)
    order by id limit $4`,
}

/** What happened, for people who watch and programs that are told. Kept in order, read by anybody from any point. */
@Injectable()
export class EventLog {
  constructor(private readonly database: Database) {}

  /** In the transaction of the deed: there is never one without the other. */
  async append(tx: Tx, events: readonly NewEvent[]): Promise<void> {
    if (events.length > 0) await tx.query(APPEND, [JSON.stringify(events)])
  }

  async after(
    id: string,
    { fileId, sessionId, limit }: { fileId?: string; sessionId?: string; limit: number },
  ): Promise<RecordedEvent[]> {
    return this.database.query(AFTER, [id, fileId ?? null, sessionId ?? null, limit])
  }
}
