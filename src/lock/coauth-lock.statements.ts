import type { Statement } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import type { OfFile } from './lock-row.js'
import type { Admission } from './lock.statements.js'

export type CoauthLockType = 'Coauth' | 'CoauthExclusive'

/** A row of the coauth table as everybody sees it (WOPI.md §12.1). */
export interface CoauthEntry {
  readonly lockId: LockId
  readonly type: CoauthLockType
  readonly metadata: string
  /** Of whoever acquired it. */
  readonly name: string
  /** ms since 1970 */
  readonly acquiredAt: number
}

/** What the coauth locks' functions answer. `version` is the head's, as in every lock answer. */
export type CoauthRow =
  | {
      readonly outcome: 'granted'
      readonly version: string
      readonly table_version: string
      readonly locks: readonly CoauthEntry[]
      /** Whose lock it is, or was: not necessarily the caller's. */
      readonly user_id: UserId
      readonly token_id: TokenId
    }
  | {
      readonly outcome: 'wopi' | 'exclusive' | 'coauth-exclusive' | 'coauth-full' | 'no-lock'
      readonly version: string
      readonly visible_name: string | null
    }

/** $1 file, $2 grace ms, $3–$5 admission, $6 lock id, $7 type, $8 metadata, $9 lifetime ms */
export const GET_COAUTH_LOCK: Statement<
  CoauthRow,
  [...OfFile, ...Admission, LockId, CoauthLockType, string, number]
> = {
  name: 'get-coauth-lock',
  text: `select * from get_coauth_lock($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
}

/** $1 file, $2–$4 admission, $5 lock id, $6 metadata or null, $7 lifetime ms */
export const REFRESH_COAUTH_LOCK: Statement<
  CoauthRow,
  [FileId, ...Admission, LockId, string | null, number]
> = {
  name: 'refresh-coauth-lock',
  text: `select * from refresh_coauth_lock($1, $2, $3, $4, $5, $6, $7)`,
}

/** $1 file, $2–$4 admission, $5 lock id */
export const UNLOCK_COAUTH_LOCK: Statement<CoauthRow, [FileId, ...Admission, LockId]> = {
  name: 'unlock-coauth-lock',
  text: `select * from unlock_coauth_lock($1, $2, $3, $4, $5)`,
}

export interface CoauthTableRow {
  readonly version: string
  /** Null when the caller has this version. */
  readonly locks: readonly CoauthEntry[] | null
  /** A row has expired and was not swept up yet: somebody who refreshes it may be under way. */
  readonly unsettled: boolean
}

/**
 * Called all day by every client: reads only, and waits for nobody. Right, as long as every row is alive at a clock that
 * was read after the snapshot; where one is not, SETTLED_COAUTH_TABLE tells.
 * $1 file, $2 token id, $3 its user, $4 version that the caller has, or null
 */
export const COAUTH_TABLE: Statement<CoauthTableRow, [FileId, TokenId, UserId, string | null]> = {
  name: 'coauth-table',
  text: `
    with clock as materialized (select clock_timestamp() as now), summed as materialized (
      select clock.now, l.coauth_table_version || '.' || rows.alive as version, rows.unsettled
      from clock, file_lock l, lateral (
        select count(*) filter (where coauth_lock_is_live(c.expires_at, clock.now)) as alive,
          coalesce(bool_or(not coauth_lock_is_live(c.expires_at, clock.now)), false) as unsettled
        from coauth_lock c where c.file_id = l.file_id) rows
      where l.file_id = $1 and token_is_authorized($2, $3, $1, 'view', 1)
    )
    select version, unsettled, case when version is distinct from $4 then coauth_rows($1, now) end as locks
    from summed`,
}

/** $1 file */
export const SETTLED_COAUTH_TABLE: Statement<{ version: string; locks: readonly CoauthEntry[] }, [FileId]> = {
  name: 'settled-coauth-table',
  text: `select * from settled_coauth_table($1)`,
}

/** For a transaction that holds the lock row already. $1 file */
export const LIVE_COAUTH_LOCKS: Statement<
  { lock_id: LockId; type: CoauthLockType; user_id: UserId },
  [FileId]
> = {
  name: 'live-coauth-locks',
  text: `
    select lock_id, type, user_id from coauth_lock
    where file_id = $1 and coauth_lock_is_live(expires_at, clock_timestamp()) order by lock_id`,
}

/**
 * Takes them all away, unless one was refreshed, or the file saved, a short while ago; the counterpart of BREAK_LOCK, in
 * a transaction that holds the lock row already. $1 file, $2 ms that it must have been quiet, 0: however busy
 */
export const BREAK_COAUTH_LOCKS: Statement<{ lock_id: LockId; user_id: UserId }, [FileId, number]> = {
  name: 'break-coauth-locks',
  text: `
    with broken as (
      delete from coauth_lock
      where file_id = $1 and ($2::float8 = 0 or clock_timestamp() >= $2::float8 * interval '1 ms' + greatest(
        (select max(refreshed_at) from coauth_lock where file_id = $1),
        (select modified_at from file where id = $1)))
      returning lock_id, user_id
    ), freed as (
      update file_lock set coauth_until = null, coauth_table_version = coauth_table_version + 1
      where file_id = $1 and exists (select from broken)
    )
    select lock_id, user_id from broken order by lock_id`,
}

export const SWEEP_COAUTH_LOCKS: Statement<{ file_id: FileId; lock_id: LockId; user_id: UserId }, []> = {
  name: 'sweep-coauth-locks',
  text: `select file_id, lock_id, user_id from sweep_coauth_locks()`,
}
