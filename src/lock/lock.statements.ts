import type { Statement } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import {
  ANSWER,
  changed,
  decided,
  FREE,
  HELD,
  held,
  SWEPT_AT_ONCE,
  type LockRow,
  type OfFile,
} from './lock-row.js'

/** A token, its user, and the least rank that will do. */
export type Admission = [TokenId, UserId, number]

/** Only for a token that may do this now; else no row. $3–$5 admission */
const HELD_IF_AUTHORIZED = held(`token_is_authorized($3, $4, held.file_id, 'edit', $5)`)

const lives = (lifetime: string): string =>
  `refreshed_at = decided.now, expires_at = decided.now + ${lifetime}::float8 * interval '1 ms', used_at = decided.now`

/** Lifetime in ms; it was chosen: no grace; the caller's name may be shown. */
export type Asked = [number, boolean, boolean]

/** $7–$9 as asked */
const LIVES_AS_ASKED = `${lives('$7')}, exact_expiry = $8,
       visible_name = case when $9 then (select display_name from user_account where id = $4) end`

/** Who took the lock; good for that epoch only. $3 token, $10 its editor (a name in EDITORS) or null */
const TAKEN_BY = `token_id = $3, editor = $10, editor_epoch = file_lock.epoch + 1, epoch = file_lock.epoch + 1, holder = $4`

const unlessExtended = (value: string, column: string): string =>
  `${column} = case decided.decision when 'extend' then file_lock.${column} else ${value} end`

/**
 * A lock that is held by another id is replaced when all who could use it are gone; that is looked for only then.
 * $1 file, $2 grace ms, $3–$5 admission, $6 lock id, $7–$9 as asked, $10 the token's editor or null
 */
export const LOCK: Statement<LockRow, [...OfFile, ...Admission, LockId, ...Asked, string | null]> = {
  name: 'lock',
  text: `${HELD_IF_AUTHORIZED}${decided(`case
      when live_kind = 'none' then 'take'
      when live_kind = 'wopi' and lock_id = $6 then 'extend'
      when live_kind = 'wopi' and lock_is_abandoned(file_id, $3, $10) then 'replace'
      else 'conflict' end`)}${changed(
    `kind = 'wopi', lock_id = $6, reason = null, ${LIVES_AS_ASKED},
       ${unlessExtended('$4', 'holder')},
       ${unlessExtended('decided.now', 'taken_at')},
       ${unlessExtended('$3', 'token_id')},
       ${unlessExtended('$10', 'editor')},
       ${unlessExtended('file_lock.epoch + 1', 'editor_epoch')},
       ${unlessExtended('file_lock.epoch + 1', 'epoch')}`,
    `'take', 'extend', 'replace'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3–$5 admission, $6 new lock id, $7–$9 as asked, $10 the token's editor or null, $11 old lock id */
export const UNLOCK_AND_RELOCK: Statement<
  LockRow,
  [...OfFile, ...Admission, LockId, ...Asked, string | null, LockId]
> = {
  name: 'unlock-and-relock',
  text: `${HELD_IF_AUTHORIZED}${decided(`case when live_kind = 'wopi' and lock_id = $11 then 'swap' else 'conflict' end`)}${changed(
    `kind = 'wopi', lock_id = $6, ${TAKEN_BY}, ${LIVES_AS_ASKED}`,
    `'swap'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3–$5 admission, $6 lock id, $7–$9 as asked */
export const REFRESH_LOCK: Statement<LockRow, [...OfFile, ...Admission, LockId, ...Asked]> = {
  name: 'refresh-lock',
  text: `${HELD_IF_AUTHORIZED}${decided(`case when live_kind = 'wopi' and lock_id = $6 then 'extend' else 'conflict' end`)}${changed(
    `kind = 'wopi', ${LIVES_AS_ASKED}`,
    `'extend'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3–$5 admission, $6 lock id */
export const UNLOCK: Statement<LockRow, [...OfFile, ...Admission, LockId]> = {
  name: 'unlock',
  text: `${HELD_IF_AUTHORIZED}${decided(`case when live_kind = 'wopi' and lock_id = $6 then 'release' else 'conflict' end`)}${changed(
    FREE,
    `'release'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3 lock id, $4 lifetime ms, $5 holder, $6 reason */
export const EXCLUSIVE_LOCK: Statement<LockRow, [...OfFile, LockId, number, UserId, string]> = {
  name: 'exclusive-lock',
  text: `${HELD}${decided(`case when live_kind = 'none' then 'take' else 'conflict' end`)}${changed(
    `kind = 'exclusive', lock_id = $3, holder = $5, reason = $6, taken_at = decided.now,
       exact_expiry = false, visible_name = null, epoch = file_lock.epoch + 1, ${lives('$4')}`,
    `'take'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms */
export const EXCLUSIVE_UNLOCK: Statement<LockRow, OfFile> = {
  name: 'exclusive-unlock',
  text: `${HELD}${decided(`case when live_kind = 'exclusive' then 'release' else 'conflict' end`)}${changed(
    FREE,
    `'release'`,
  )}${ANSWER}`,
}

/**
 * Takes a lock away from whoever holds it, when nobody has refreshed it or saved for a while: judged under the row
 * lock, so that a refresh which came first is seen. While a lock is held only saves move the head. The epoch stays: it
 * counts holders, and the next one raises it; a save of the one who lost the lock fails because its id is gone.
 * Coauth locks are a conflict here and broken by BREAK_COAUTH_LOCKS.
 * $1 file, $2 grace ms, $3 ms that it must have been quiet, 0: however busy
 */
export const BREAK_LOCK: Statement<LockRow, [...OfFile, number]> = {
  name: 'break-lock',
  text: `${HELD}${decided(`case
      when live_kind in ('none', 'coauth') then 'conflict'
      when $3::float8 > 0 and now < $3::float8 * interval '1 ms'
        + greatest(refreshed_at, (select modified_at from file where id = live.file_id)) then 'conflict'
      else 'release' end`)}${changed(FREE, `'release'`)}${ANSWER}`,
}

/**
 * Reads under a shared row lock: a plain read could report "unlocked" while a save that was admitted before the
 * expiry has not committed yet, and the reader would next see the old version. $1 file, $2 grace ms
 */
export const GET_LOCK: Statement<LockRow, OfFile> = {
  name: 'get-lock',
  text: `${held('true', 'share')}${decided(`'conflict'`)}${ANSWER}`,
}

/** The same read for a transaction, which keeps the row until its commit. $1 file, $2 grace ms */
export const LOCK_FOR_UPDATE: Statement<LockRow, OfFile> = {
  name: 'hold-lock',
  text: `${HELD}${decided(`'conflict'`)}${ANSWER}`,
}

/** The same for a save, with its right to save. $1 file, $2 grace ms, $3–$5 admission */
export const LOCK_FOR_UPDATE_IF_AUTHORIZED: Statement<LockRow, [...OfFile, ...Admission]> = {
  name: 'hold-lock-if-admitted',
  text: `${HELD_IF_AUTHORIZED}${decided(`'conflict'`)}${ANSWER}`,
}

export interface ExpiredRow {
  readonly file_id: FileId
  readonly kind: 'wopi' | 'exclusive'
  readonly lock_id: LockId
  readonly holder: UserId | null
  readonly expires_at: Date
}

/**
 * Clears locks whose grace has ended. Rows that somebody is using right now are skipped, and their users judge the
 * expiry themselves; so any number of servers may sweep at once and each expiry is reported once.
 * As many as a statement should hold rows of; more of them are for the next one. $1 grace ms
 */
export const SWEEP: Statement<ExpiredRow, [number]> = {
  name: 'sweep-locks',
  text: `
    with dead as materialized (
      select file_id, kind, lock_id, holder, expires_at from file_lock
      where kind <> 'none'
        and not lock_is_live(kind, exact_expiry, expires_at, $1::float8, clock_timestamp())
      limit ${SWEPT_AT_ONCE} for no key update skip locked
    ), freed as (
      update file_lock set ${FREE} from dead where file_lock.file_id = dead.file_id
    )
    select * from dead`,
}
