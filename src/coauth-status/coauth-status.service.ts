import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Tx } from '../database/database.js'
import { EventLog, type NewEvent } from '../events/event-log.js'
import type { FileId, UserId } from '../ids/ids.js'
import type { ApplicationName } from './application-profile.js'
import { forecast, type Forecast } from './forecast.js'
import { iso } from './iso.js'
import { eventOf, Presence } from './presence.js'
import { isPresent, type Session } from './session/session.js'
import { end, leave, type SessionEvent } from './session/session-changes.js'
import { OPEN_SESSIONS, SAVE_SESSIONS, TAKE_TURNS } from './session/session.statements.js'
import { statusOf, type CoauthStatus } from './status.js'
import {
  EVERYBODY,
  FILE_STATUS,
  LIST_SESSIONS,
  LIST_SESSIONS_OF,
  SESSION_STATUS,
  type SessionPage,
  type StatusFacts,
} from './status.statements.js'

export interface SessionFilter {
  readonly fileId?: FileId | undefined
  readonly userId?: UserId | undefined
  readonly open?: boolean | undefined
  readonly application?: ApplicationName | undefined
}

/** Where a page of sessions goes on. */
export interface SessionCursor {
  readonly startedAt: string
  readonly id: string
}

export interface SessionView extends CoauthStatus {
  readonly id: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly endReason: string | null
}

export interface SessionDetail extends SessionView {
  /** Everybody who was ever in it, token by token. */
  readonly participants: readonly Record<string, unknown>[]
}

/** Answers who is editing, what is unsaved, whose token saves, and what a revocation would do. */
@Injectable()
export class CoauthStatusService {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly presence: Presence,
    private readonly events: EventLog,
  ) {}

  /** @returns undefined when there is no such file */
  async ofFile(fileId: FileId): Promise<CoauthStatus | undefined> {
    const [status] = await this.ofFiles([fileId])
    return status
  }

  /** In no order; those that do not exist are left out. */
  async ofFiles(fileIds: readonly FileId[]): Promise<CoauthStatus[]> {
    if (fileIds.length === 0) return []
    await this.presence.flush()
    const rows = await this.database.query(FILE_STATUS, [this.settings.lockGraceMs, fileIds])
    return rows.map(({ facts }) => statusOf(facts, this.rules))
  }

  async session(sessionId: string): Promise<SessionDetail | undefined> {
    const facts = await this.factsOf(sessionId)
    const view = facts && this.view(facts)
    if (!view) return undefined
    return { ...view, participants: await this.database.query(EVERYBODY, [sessionId]) }
  }

  /** Newest first; one more than `limit`, so that the caller sees whether there are more. */
  async list(
    { fileId, userId, open, application }: SessionFilter,
    before: SessionCursor | undefined,
    limit: number,
  ): Promise<{ session: SessionView; cursor: SessionCursor }[]> {
    await this.presence.flush()
    const page: SessionPage = [
      this.settings.lockGraceMs,
      fileId ?? null,
      open ?? null,
      application ?? null,
      before?.startedAt ?? null,
      before?.id ?? null,
      limit,
    ]
    const rows =
      userId === undefined
        ? await this.database.query(LIST_SESSIONS, page)
        : await this.database.query(LIST_SESSIONS_OF, [...page, userId])
    return rows.flatMap(({ facts, started_at: startedAt, id }) => {
      const session = this.view(facts)
      return session ? [{ session, cursor: { startedAt, id } }] : []
    })
  }

  async forecast(sessionId: string, userId: UserId): Promise<Forecast | undefined> {
    const facts = await this.factsOf(sessionId)
    const session = facts?.session
    return facts && session && forecast({ ...facts, session }, userId, this.rules)
  }

  /** From here to the end of `tx` nobody else writes the file's session. @returns the time, epoch ms */
  async takeTurn(tx: Tx, fileId: FileId): Promise<number> {
    const [turn] = await tx.query(TAKE_TURNS, [[fileId]])
    if (!turn) throw new Error('PostgreSQL gave no turn')
    return turn.now
  }

  /**
   * Ends the session for the record; its lock is the caller's business, in the same transaction.
   * @returns false when it is not the file's open session (any more)
   */
  async end(tx: Tx, fileId: FileId, sessionId: string, reason: 'ended-by-admin'): Promise<boolean> {
    const now = await this.takeTurn(tx, fileId)
    const [row] = await tx.query(OPEN_SESSIONS, [this.settings.lockGraceMs, [fileId]])
    if (row?.session.id !== sessionId) return false
    await this.events.append(tx, await this.close(tx, row.session, now, reason))
    return true
  }

  /**
   * The file goes into the bin, or comes back: whatever session it has open ends with that, for the record, and both are
   * told. The last thing in `tx`, which took the turn before any row.
   */
  async tellMoved(
    tx: Tx,
    { fileId, userId, kind }: { fileId: FileId; userId: UserId; kind: 'file-deleted' | 'file-restored' },
  ): Promise<void> {
    const now = await this.takeTurn(tx, fileId)
    const [row] = await tx.query(OPEN_SESSIONS, [this.settings.lockGraceMs, [fileId]])
    const told = row ? await this.close(tx, row.session, now, 'file-deleted') : []
    await this.events.append(tx, [...told, { kind, fileId, userId }])
  }

  private async close(
    tx: Tx,
    session: Session,
    now: number,
    reason: 'ended-by-admin' | 'file-deleted',
  ): Promise<NewEvent[]> {
    const told: SessionEvent[] = []
    for (const one of session.participants.filter(isPresent)) leave(session, one, now, reason, told)
    end(session, now, reason, told)
    await tx.query(SAVE_SESSIONS, [JSON.stringify([session])])
    return told.map((one) => eventOf(session, one))
  }

  private get rules(): {
    rule: Settings['principalRule']
    lockTtlMs: number
    revocationSaveGraceMs: number
  } {
    const { principalRule: rule, lockTtlMs, revocationSaveGraceMs } = this.settings
    return { rule, lockTtlMs, revocationSaveGraceMs }
  }

  private async factsOf(sessionId: string): Promise<StatusFacts | undefined> {
    await this.presence.flush()
    const [row] = await this.database.query(SESSION_STATUS, [this.settings.lockGraceMs, sessionId])
    return row?.facts
  }

  private view(facts: StatusFacts): SessionView | undefined {
    const { session } = facts
    if (!session) return undefined
    return {
      id: session.id,
      startedAt: new Date(session.startedAt).toISOString(),
      endedAt: iso(session.ended?.at),
      endReason: session.ended?.reason ?? null,
      ...statusOf(facts, this.rules),
      ...(session.ended ? { lastSave: savedIn(session) } : {}),
    }
  }
}

/** The file may have been saved since, in other sessions. */
function savedIn({ saved }: Session): SessionView['lastSave'] {
  if (!saved) return null
  const { version, at, userId, editors } = saved
  return { version, at: new Date(at).toISOString(), userId, editors }
}
