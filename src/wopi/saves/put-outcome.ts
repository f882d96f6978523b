import type { LockState } from '../../lock/lock.service.js'
import type { StoredBlob } from '../../storage/blobs/blob-store.js'
import type { RecoveryReason } from '../../storage/recovery/recovery-item.entity.js'
import type { WopiError } from '../protocol/wopi-error.js'

/** Why a save was refused. Its bytes are on disk all the same, for the PutFile interceptor to keep. */
export interface RefusedPut {
  readonly kind: 'refused'
  readonly reason: RecoveryReason
  readonly content: StoredBlob
  /** The lock as it stood, where it was asked. */
  readonly lock?: LockState
  /** What is wrong with its headers, where that is the reason. */
  readonly fault?: WopiError
}

export interface SavedPut {
  readonly kind: 'saved'
  readonly version: string
  readonly modifiedAt: string
  /** Whom the editor named, as far as they were ever let in to edit. */
  readonly editors: readonly string[]
  /** It brings back what was refused at the end of an earlier session: the very same bytes, or more in them. */
  readonly returned?: 'unchanged' | 'changed'
}

export type PutOutcome =
  SavedPut | RefusedPut | { readonly kind: 'no-such-file'; readonly content: StoredBlob }
