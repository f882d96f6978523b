import type { LockId } from '../ids/ids.js'
import type { UnusableChunk } from '../incremental/chunk-selection.js'
import type { CoauthHold, LockState } from '../lock/lock-state.js'

/** What a PutChunkedFile presents. */
export interface PresentedPut {
  readonly lockId: LockId | undefined
  readonly coauthLockId: LockId | undefined
  /** undefined: missing, or no number */
  readonly sequenceNumber: number | undefined
  /** What keeps its streams from being made; undefined: nothing does. */
  readonly obstacle: UnusableChunk | 'session-gone' | undefined
  /** Of its streams together. */
  readonly size: number
}

/** The file under its row lock. */
export interface PutTarget {
  readonly wopi: LockState
  readonly coauth: readonly CoauthHold[]
  /** Of the main content. */
  readonly size: number
  readonly sequenceNumber: number
}

export type ChunkedPutDecision =
  | 'yes'
  | 'two-locks'
  | 'sequence-number-invalid'
  | 'foreign-lock'
  | 'wopi-lock'
  | 'coauth-exclusive-lock'
  | 'coauth-lock'
  | 'not-locked'
  | 'sequence-mismatch'
  | 'session-gone'
  | 'chunk-unusable'
  | 'too-large'

/**
 * WOPI.md §13.7, the rows of its table from top to bottom; what cannot be parsed never gets here. An upload session that is
 * gone comes where its chunks would have been missed (§13.9).
 */
export function judgeChunkedPut(put: PresentedPut, file: PutTarget, maxBytes: number): ChunkedPutDecision {
  const { lockId, coauthLockId, sequenceNumber, obstacle } = put
  if (lockId !== undefined && coauthLockId !== undefined) return 'two-locks' // 1
  if (sequenceNumber === undefined) return 'sequence-number-invalid' // 1
  const locked = judgeLocks(put, file)
  if (locked !== 'yes') return locked
  if (sequenceNumber !== file.sequenceNumber) return 'sequence-mismatch' // 8
  if (obstacle === 'session-gone') return 'session-gone'
  if (obstacle !== undefined) return 'chunk-unusable' // 9
  return put.size > maxBytes ? 'too-large' : 'yes' // 10, 11
}

function judgeLocks(
  { lockId, coauthLockId }: Pick<PresentedPut, 'lockId' | 'coauthLockId'>,
  { wopi, coauth, size }: Pick<PutTarget, 'wopi' | 'coauth' | 'size'>,
): ChunkedPutDecision {
  if (wopi.kind === 'exclusive') return 'foreign-lock' // 2
  if (wopi.kind === 'wopi') return wopi.lockId === lockId ? 'yes' : 'wopi-lock' // 3
  const exclusive = coauth.find(({ type }) => type === 'CoauthExclusive')
  if (exclusive && exclusive.lockId !== coauthLockId) return 'coauth-exclusive-lock' // 4
  if (coauth.length > 0) {
    return coauth.some(({ lockId: held }) => held === coauthLockId) ? 'yes' : 'coauth-lock' // 5
  }
  return size > 0 ? 'not-locked' : 'yes' // 6, 7
}
