import type { Statement } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import type { CoauthFact, LockFact, Session } from './session/session.js'
import { CLOCK, COAUTH, LIVE_KIND, RECENT, SESSION } from './session/session.statements.js'

/** Everything that a status is made of, from one look at the database. */
export interface StatusFacts {
  readonly now: number
  readonly file: { readonly id: FileId; readonly name: string }
  readonly session?: Session
  readonly lock: LockDetail
  readonly people: readonly PersonFact[]
  readonly lastSave?: {
    readonly version: string
    readonly at: number
    readonly userId: UserId
    readonly editors: readonly string[]
  }
  readonly recoveryItems: number
  /** When the latest session ended, if changes were not saved then, as far as is known, and nobody has saved since. */
  readonly uncleanEndAt?: number
}

/** As stored; `kind` is 'none' for a lock that has expired for good. */
export interface LockDetail extends LockFact {
  readonly lockId?: LockId
  readonly takenAt?: number
  readonly holder?: UserId
  readonly reason?: string
  readonly coauth?: readonly CoauthDetail[]
}

export interface CoauthDetail extends CoauthFact {
  readonly lockId: LockId
  readonly type: 'Coauth' | 'CoauthExclusive'
  readonly name: string
}

/** What a participant may do now. */
export interface PersonFact {
  readonly jti: TokenId
  readonly displayName: string
  /** An edit token that is alive, and the live right behind it. */
  readonly canWrite: boolean
}

/** Lock and file name are read here and never written: their rules live in LockModule and StorageModule. */
const FACTS = `json_strip_nulls(json_build_object(
    'now', epoch_ms(clock.now),
    'file', json_build_object('id', f.id, 'name', f.name),
    'session', case when s.id is not null then ${SESSION} end,
    'lock', json_build_object('kind', ${LIVE_KIND}, 'lockId', nullif(l.lock_id, ''),
      'takenAt', epoch_ms(l.taken_at), 'refreshedAt', epoch_ms(l.refreshed_at), 'expiresAt', epoch_ms(l.expires_at),
      'holder', l.holder, 'reason', l.reason, 'coauth', ${COAUTH}),
    'people', coalesce((
      select json_agg(json_build_object('jti', p.jti, 'displayName', coalesce(u.display_name, p.user_id),
        'canWrite', coalesce(t.mode = 'edit' and f.deleted_at is null
          and token_state(t.revoked_at, t.expires_at, u.disabled_at, clock.now) = 'live'
          and rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) >= 2, false)))
      from coauth_participant p
      left join user_account u on u.id = p.user_id
      left join access_token t on t.jti = p.jti
      where p.session_id = s.id and ${RECENT}), '[]'),
    'lastSave', (
      select json_build_object('version', v.version::text, 'at', epoch_ms(v.at), 'userId', v.author, 'editors', v.editors)
      from file_version v where v.file_id = f.id and v.cause in ('save', 'chunked') order by v.version desc limit 1),
    'uncleanEndAt', (
      select case when e.unsaved_since is not null and f.modified_at <= e.ended_at then epoch_ms(e.ended_at) end
      from coauth_session e where e.file_id = f.id order by e.started_at desc limit 1),
    'recoveryItems', (select count(*) from recovery_item r where r.file_id = f.id and r.resolved_at is null)))`

/** $1 grace ms, $2 files; no row for one that does not exist */
export const FILE_STATUS: Statement<{ facts: StatusFacts }, [number, readonly FileId[]]> = {
  name: 'file-status',
  text: `${CLOCK}
    select ${FACTS} as facts
    from clock, file f join container c on c.id = f.container_id
    left join file_lock l on l.file_id = f.id
    left join coauth_session s on s.file_id = f.id and s.ended_at is null
    where f.id = any ($2::text[]) and f.deleted_at is null`,
}

/** In the order of their coming. $1 session id */
export const EVERYBODY: Statement<Record<string, unknown>, [string]> = {
  name: 'session-everybody',
  text: `
    select jti, user_id as "userId", mode, family, joined_at as "joinedAt", last_seen_at as "lastSeenAt",
      left_at as "leftAt", left_reason as "leftReason"
    from coauth_participant where session_id = $1 order by joined_at, jti`,
}

/** $1 grace ms, $2 session id */
export const SESSION_STATUS: Statement<{ facts: StatusFacts }, [number, string]> = {
  name: 'session-status',
  text: `${CLOCK}
    select ${FACTS} as facts
    from clock, coauth_session s join file f on f.id = s.file_id join container c on c.id = f.container_id
    left join file_lock l on l.file_id = f.id and s.ended_at is null
    where s.id = $2`,
}

/** The facts are gathered of the page alone. @param of a condition on a session `s` */
function listSessions<More extends readonly UserId[]>(
  name: string,
  of: string,
): Statement<SessionRow, [...SessionPage, ...More]> {
  return {
    name,
    plan: 'anew',
    text: `${CLOCK}, page as materialized (
      select s.id, s.started_at from coauth_session s
      where ($2::text is null or s.file_id = $2)
        and ($3::boolean is null or (s.ended_at is null) = $3)
        and ($4::text is null or s.application = $4)
        and ($5::timestamptz is null or (s.started_at, s.id) < ($5::timestamptz, $6::text))${of}
      order by s.started_at desc, s.id desc limit $7
    )
    select ${FACTS} as facts, s.started_at::text as started_at, s.id
    from clock, page join coauth_session s on s.id = page.id join file f on f.id = s.file_id
    join container c on c.id = f.container_id
    left join file_lock l on l.file_id = f.id and s.ended_at is null
    order by page.started_at desc, page.id desc`,
  }
}

/** $1–$7 of LIST_SESSIONS. */
export type SessionPage = [
  number,
  FileId | null,
  boolean | null,
  string | null,
  string | null,
  string | null,
  number,
]

interface SessionRow {
  readonly facts: StatusFacts
  readonly started_at: string
  readonly id: string
}

/**
 * Newest first. $1 grace ms, $2 file or null, $3 open only, $4 application or null, $5 before started_at, $6 before id,
 * $7 limit
 */
export const LIST_SESSIONS = listSessions<[]>('list-sessions', '')

/**
 * Those that somebody was ever in: an array, so that their sessions are looked up, however many there are of everybody.
 * $8 user
 */
export const LIST_SESSIONS_OF = listSessions<[UserId]>(
  'list-sessions-of',
  ' and s.id = any (array(select distinct p.session_id from coauth_participant p where p.user_id = $8))',
)
