import type { LockId, UserId } from '../ids/ids.js'
import type { CoauthLockType } from './coauth-lock.statements.js'
import type { LockRow } from './lock-row.js'

/** What holds a file, seen under its row lock. `version` is the head's at that instant. */
export type LockState =
  | { readonly kind: 'none'; readonly version: string }
  | {
      readonly kind: 'wopi'
      readonly lockId: LockId
      /** Whom it names to others, if its holder wanted that (WOPI.md §7.3). */
      readonly visibleName: string | undefined
      /** Which holding of the file's lock it is: each new holder raises it. */
      readonly epoch: string
      readonly version: string
    }
  /** One coauth lock or more: to the WOPI lock's operations, another interface (WOPI.md §12.1). */
  | { readonly kind: 'coauth'; readonly version: string }
  | {
      readonly kind: 'exclusive'
      readonly holder: string
      readonly reason: string
      readonly version: string
    }

/** A coauth lock that is live at that instant. */
export interface CoauthHold {
  readonly lockId: LockId
  readonly type: CoauthLockType
}

/** A file's WOPI or exclusive lock, and its coauth locks beside. */
export interface LocksOneByOne {
  readonly wopi: Exclude<LockState, { kind: 'coauth' }>
  readonly coauth: readonly CoauthHold[]
}

export type LockOutcome =
  /** `epoch`: of the holding, where the file is locked now. */
  | { readonly granted: true; readonly version: string; readonly epoch?: string }
  /** `current` is what the caller is told on a 409. */
  | { readonly granted: false; readonly current: LockState }

/** `lock` is what was broken, or what is still in use. */
export type BreakOutcome =
  | {
      readonly kind: 'broken' | 'in-use'
      readonly lock: Exclude<LockState, { kind: 'none' }>
      /** Those that were broken. */
      readonly coauthLocks: readonly { readonly lockId: LockId; readonly userId: UserId }[]
    }
  | { readonly kind: 'not-locked' }

export function outcomeOf(row: LockRow | undefined): LockOutcome | undefined {
  if (!row) return undefined
  if (row.decision === 'conflict') return { granted: false, current: stateOf(row) }
  return { granted: true, version: row.version, epoch: row.epoch }
}

export function stateOf(row: LockRow): LockState {
  switch (row.live_kind) {
    case 'none':
      return { kind: 'none', version: row.version }
    case 'wopi':
      return {
        kind: 'wopi',
        lockId: row.live_lock_id,
        visibleName: row.visible_name ?? undefined,
        epoch: row.epoch,
        version: row.version,
      }
    case 'coauth':
      return { kind: 'coauth', version: row.version }
    case 'exclusive':
      return { kind: 'exclusive', holder: row.holder ?? '', reason: row.reason ?? '', version: row.version }
  }
}
