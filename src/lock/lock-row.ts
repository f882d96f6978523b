import type { FileId, LockId, UserId } from '../ids/ids.js'
import type { LockDecision } from './lock-rules.js'

/**
 * What the statements on a file's one lock row are made of: each operation of WOPI.md §7 is one of them.
 *
 * Three races are closed here. `held` takes the row lock before anything is decided, so that read, compare and write
 * are one step for every server on the database. `seen` reads clock_timestamp() in a step of its own, after the row
 * lock was obtained: now() stands still from the start of the transaction, and a clock read beside FOR UPDATE is read
 * before the wait; both call a lock live that died while we queued for it (RELIABILITY-SECURITY.md §2.2). And the right
 * is asked there, by a volatile function: as a condition of `held` it would be judged before the wait, and a stable
 * function would see the snapshot of the statement's beginning, in which a right that went meanwhile is still there.
 */
export const held = (condition = 'true', strength: RowLock = 'no key update'): string => `
  with held as materialized (
    select * from file_lock where file_id = $1 for ${strength}
  ), seen as materialized (
    select held.*, clock_timestamp() as now from held where ${condition}
  ), live as (
    select seen.*, lock_state(kind, exact_expiry, expires_at, coauth_until, $2::float8, now) as live_kind from seen
  )`

/** `share`: for who only looks, and waits for whoever changes the row. */
type RowLock = 'no key update' | 'share'

export const HELD = held()

export const ANSWER = `
  select decision, live_kind, live_lock_id, version, holder, reason, dead_kind, lock_id as stored_lock_id, visible_name,
    epoch + case when decision in ('take', 'replace', 'swap') then 1 else 0 end as epoch
  from decided`

export const decided = (decision: string): string => `, decided as (
    select live.*, ${decision} as decision,
      case live_kind when 'wopi' then lock_id else '' end as live_lock_id,
      case when kind <> 'none' and live_kind in ('none', 'coauth') then kind end as dead_kind
    from live
  )`

export const changed = (set: string, decisions: string): string => `, changed as (
    update file_lock set ${set} from decided
    where file_lock.file_id = decided.file_id and decided.decision in (${decisions})
  )`

/** $1 and $2 of all of them: the file, and how many ms of grace its lock has. */
export type OfFile = [FileId, number]

/** The row that every lock statement answers. */
export interface LockRow {
  readonly decision: LockDecision
  readonly live_kind: 'none' | 'wopi' | 'exclusive' | 'coauth'
  /** The WOPI lock id before the operation, '' when there was none. */
  readonly live_lock_id: LockId
  /** The head's version, read under the same row lock. */
  readonly version: string
  readonly holder: UserId | null
  readonly reason: string | null
  /** What it was, when the lock had expired and nobody had swept it up yet. */
  readonly dead_kind: 'wopi' | 'exclusive' | null
  /** The id as it stood in the row, of a live or of a dead lock. */
  readonly stored_lock_id: LockId
  /** Whom the WOPI lock names to others, if it names anybody (WOPI.md §7.3). */
  readonly visible_name: string | null
  /** How many holders the file has had, the one that this operation makes included. */
  readonly epoch: string
}

// Every change names the kind, although the decision implies it: PostgreSQL first checks the constraints on the row
// that the statement's snapshot saw, still unlocked perhaps, before it goes on to the one that we hold.
export const FREE = `kind = 'none', lock_id = '', holder = null, reason = null, taken_at = null, refreshed_at = null, expires_at = null,
  exact_expiry = false, visible_name = null`

/** Of those that are swept up: all that were open before a network failed may end at once. */
export const SWEPT_AT_ONCE = 1000
