import type { Statement } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import { ANSWER, changed, decided, FREE, held, type LockRow, type OfFile } from './lock-row.js'

/** Only for an edit token of this file that was good less than a day ago; else no row. $3 token id, $4 its user */
const HELD_IF_SERVED = held('token_served($3, $4, held.file_id)')

/**
 * For a Lock or RefreshLock that was refused. ONLYOFFICE goes on with the token of whoever joined last, also when that
 * one is gone: with the right id the lock lives on for the others who edit. The id was presented, in any case.
 * $1 file, $2 grace ms, $3 token id, $4 its user, $5 lock id, $6 lifetime ms, $7 may it extend the lock?
 */
export const EXTEND_FOR_OTHERS: Statement<LockRow, [...OfFile, TokenId, UserId, LockId, number, boolean]> = {
  name: 'extend-lock-for-others',
  text: `${HELD_IF_SERVED}${decided(`case
      when live_kind <> 'wopi' or lock_id <> $5 then 'conflict'
      when $7::boolean and others_may_edit(file_id, $3) then 'extend'
      else 'notice' end`)}${changed(
    `used_at = decided.now, kind = case decided.decision when 'extend' then 'wopi' else file_lock.kind end,
       refreshed_at = case decided.decision when 'extend' then decided.now else file_lock.refreshed_at end,
       expires_at = case decided.decision when 'extend'
         then greatest(file_lock.expires_at, decided.now + $6::float8 * interval '1 ms') else file_lock.expires_at end`,
    `'extend', 'notice'`,
  )}${ANSWER}`,
}

/**
 * For an Unlock that was refused: a lock must not outlive its editors because their token has ended before them.
 * $1 file, $2 grace ms, $3 token id, $4 its user, $5 lock id
 */
export const UNLOCK_LATE: Statement<LockRow, [...OfFile, TokenId, UserId, LockId]> = {
  name: 'unlock-late',
  text: `${HELD_IF_SERVED}${decided(`case when live_kind = 'wopi' and lock_id = $5 then 'release' else 'conflict' end`)}${changed(
    FREE,
    `'release'`,
  )}${ANSWER}`,
}

/** The id was presented with a save that was refused: whoever did is still there. $1 file, $2 lock id */
export const NOTICE: Statement<Record<string, never>, [FileId, LockId]> = {
  name: 'notice-lock',
  text: `update file_lock set used_at = clock_timestamp() where file_id = $1 and kind = 'wopi' and lock_id = $2`,
}
