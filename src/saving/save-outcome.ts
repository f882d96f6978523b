import type { LockState } from '../lock/lock-state.js'
import type { RecoveryReason } from '../storage/recovery/recovery-item.entity.js'
import type { RightRefused } from './save-permission.js'

export interface Saved {
  readonly kind: 'saved'
  readonly version: string
  readonly modifiedAt: string
  /** Whom the editor named, as far as they were ever let in to edit. */
  readonly editors: readonly string[]
  /** It brings back what was refused at the end of an earlier session: the very same bytes, or more in them. */
  readonly returned?: 'unchanged' | 'changed'
}

/** Refused for something else than the right. */
export interface Refused {
  readonly kind: 'refused'
  /** For what its bytes are kept; undefined where the client brings the same work again by itself, or has it still. */
  readonly reason: RecoveryReason | undefined
}

/** What came of a save, as far as it matters to how it ends; each kind of save says more. */
export type SaveOutcome = { readonly kind: 'saved' } | Refused | RightRefused

export type PutFileOutcome = Saved | PutFileRefused | RightRefused

export type PutFileRefused =
  | {
      readonly kind: 'refused'
      readonly reason: 'lock-mismatch' | 'not-locked' | 'external-change'
      /** As it stood under the row. */
      readonly lock: LockState
    }
  /** A header is not as it must be. */
  | { readonly kind: 'refused'; readonly reason: 'header-invalid' }
