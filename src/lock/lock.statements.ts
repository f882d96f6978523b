import type { Statement } from '../database/database.js'

/**
 * The lock operations of WOPI.md §7, each as one statement on the file's one lock row.
 *
 * Two races are closed here. `held` takes the row lock before anything is decided, so that read, compare and write
 * are one step for every server on the database. `seen` reads clock_timestamp() in a step of its own, after the row
 * lock was obtained: now() stands still from the start of the transaction, and a clock read beside FOR UPDATE is read
 * before the wait; both call a lock live that died while we queued for it (RELIABILITY-SECURITY.md §2.2).
 */
const held = (condition = ''): string => `
  with held as materialized (
    select * from file_lock where file_id = $1${condition} for no key update
  ), seen as materialized (
    select held.*, clock_timestamp() as now from held
  ), live as (
    select seen.*,
      case when kind <> 'none' and now < expires_at + case when kind = 'wopi' and not exact_expiry
                  then $2::float8 * interval '1 ms' else interval '0' end then kind
           when now < coauth_until then 'coauth'
           else 'none' end as live_kind
    from seen
  )`

const HELD = held()

/** Only for a token that may do this now; else no row. $3 token id, $4 its user, $5 the rank needed */
const HELD_IF_ADMITTED = held(' and token_admits($3, $4, $1, $5)')

const ANSWER = `
  select decision, live_kind, live_lock_id, version, holder, reason, dead_kind, lock_id as stored_lock_id, visible_name
  from decided`

const decided = (decision: string): string => `, decided as (
    select live.*, ${decision} as decision,
      case live_kind when 'wopi' then lock_id else '' end as live_lock_id,
      case when kind <> 'none' and live_kind in ('none', 'coauth') then kind end as dead_kind
    from live
  )`

const changed = (set: string, decisions: string): string => `, changed as (
    update file_lock set ${set} from decided
    where file_lock.file_id = decided.file_id and decided.decision in (${decisions})
  )`

/** The row that every lock statement answers. */
export interface LockRow {
  readonly decision: 'take' | 'swap' | 'extend' | 'release' | 'conflict'
  readonly live_kind: 'none' | 'wopi' | 'exclusive' | 'coauth'
  /** The WOPI lock id before the operation, '' when there was none. */
  readonly live_lock_id: string
  /** The head's version, read under the same row lock. */
  readonly version: string
  readonly holder: string | null
  readonly reason: string | null
  /** What it was, when the lock had expired and nobody had swept it up yet. */
  readonly dead_kind: 'wopi' | 'exclusive' | null
  /** The id as it stood in the row, of a live or of a dead lock. */
  readonly stored_lock_id: string
  /** Whom the WOPI lock names to others, if it names anybody (WOPI.md §7.3). */
  readonly visible_name: string | null
}

// Every change names the kind, although the decision implies it: PostgreSQL first checks the constraints on the row
// that the statement's snapshot saw, still unlocked perhaps, before it goes on to the one that we hold.
const lives = (lifetime: string): string =>
  `refreshed_at = decided.now, expires_at = decided.now + ${lifetime}::float8 * interval '1 ms'`

/** $7 lifetime ms, $8 it was chosen: no grace, $9 the caller's name may be shown */
const LIVES_AS_ASKED = `${lives('$7')}, exact_expiry = $8,
       visible_name = case when $9 then (select display_name from user_account where id = $4) end`

/** $1 file, $2 grace ms, $3–$5 admission, $6 lock id, $7–$9 as asked */
export const LOCK: Statement<LockRow> = {
  name: 'lock',
  text: `${HELD_IF_ADMITTED}${decided(`case
      when live_kind = 'none' then 'take'
      when live_kind = 'wopi' and lock_id = $6 then 'extend'
      else 'conflict' end`)}${changed(
    `kind = 'wopi', lock_id = $6, reason = null, ${LIVES_AS_ASKED},
       holder = case decided.decision when 'take' then $4 else file_lock.holder end,
       taken_at = case decided.decision when 'take' then decided.now else file_lock.taken_at end,
       epoch = file_lock.epoch + case decided.decision when 'take' then 1 else 0 end`,
    `'take', 'extend'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3–$5 admission, $6 new lock id, $7–$9 as asked, $10 old lock id */
export const UNLOCK_AND_RELOCK: Statement<LockRow> = {
  name: 'unlock-and-relock',
  text: `${HELD_IF_ADMITTED}${decided(`case when live_kind = 'wopi' and lock_id = $10 then 'swap' else 'conflict' end`)}${changed(
    `kind = 'wopi', lock_id = $6, holder = $4, epoch = file_lock.epoch + 1, ${LIVES_AS_ASKED}`,
    `'swap'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3–$5 admission, $6 lock id, $7–$9 as asked */
export const REFRESH_LOCK: Statement<LockRow> = {
  name: 'refresh-lock',
  text: `${HELD_IF_ADMITTED}${decided(`case when live_kind = 'wopi' and lock_id = $6 then 'extend' else 'conflict' end`)}${changed(
    `kind = 'wopi', ${LIVES_AS_ASKED}`,
    `'extend'`,
  )}${ANSWER}`,
}

const FREE = `kind = 'none', lock_id = '', holder = null, reason = null, taken_at = null, refreshed_at = null, expires_at = null,
  exact_expiry = false, visible_name = null`

/** $1 file, $2 grace ms, $3–$5 admission, $6 lock id */
export const UNLOCK: Statement<LockRow> = {
  name: 'unlock',
  text: `${HELD_IF_ADMITTED}${decided(`case when live_kind = 'wopi' and lock_id = $6 then 'release' else 'conflict' end`)}${changed(
    FREE,
    `'release'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms, $3 lock id, $4 lifetime ms, $5 holder, $6 reason */
export const EXCLUSIVE_LOCK: Statement<LockRow> = {
  name: 'exclusive-lock',
  text: `${HELD}${decided(`case when live_kind = 'none' then 'take' else 'conflict' end`)}${changed(
    `kind = 'exclusive', lock_id = $3, holder = $5, reason = $6, taken_at = decided.now,
       exact_expiry = false, visible_name = null, epoch = file_lock.epoch + 1, ${lives('$4')}`,
    `'take'`,
  )}${ANSWER}`,
}

/** $1 file, $2 grace ms */
export const EXCLUSIVE_UNLOCK: Statement<LockRow> = {
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
export const BREAK_LOCK: Statement<LockRow> = {
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
export const GET_LOCK: Statement<LockRow> = {
  name: 'get-lock',
  text: `${HELD.replace('for no key update', 'for share')}${decided(`'conflict'`)}${ANSWER}`,
}

/** The same read for a transaction, which keeps the row until its commit. $1 file, $2 grace ms */
export const HOLD: Statement<LockRow> = {
  name: 'hold-lock',
  text: `${HELD}${decided(`'conflict'`)}${ANSWER}`,
}

/** The same for a save, with its right to save. $1 file, $2 grace ms, $3–$5 admission */
export const HOLD_IF_ADMITTED: Statement<LockRow> = {
  name: 'hold-lock-if-admitted',
  text: `${HELD_IF_ADMITTED}${decided(`'conflict'`)}${ANSWER}`,
}

export interface ExpiredRow {
  readonly file_id: string
  readonly kind: 'wopi' | 'exclusive'
  readonly lock_id: string
  readonly holder: string | null
  readonly expires_at: Date
}

/**
 * Clears locks whose grace has ended. Rows that somebody is using right now are skipped, and their user judges the
 * expiry himself; so any number of servers may sweep at once and each expiry is reported once. $1 grace ms
 */
export const SWEEP: Statement<ExpiredRow> = {
  name: 'sweep-locks',
  text: `
    with dead as materialized (
      select file_id, kind, lock_id, holder, expires_at from file_lock
      where kind <> 'none'
        and expires_at + case when kind = 'wopi' and not exact_expiry then $1::float8 * interval '1 ms' else interval '0' end
          <= clock_timestamp()
      for no key update skip locked
    ), freed as (
      update file_lock set ${FREE} from dead where file_lock.file_id = dead.file_id
    )
    select * from dead`,
}
