import type { FileAccess } from '../permission/access.service.js'
import type { StoredBlob } from '../storage/blobs/blob-store.js'
import type { ReceivedBlob } from './received-blob.js'
import type { SaveHeaders } from './save-headers.js'
import type { SaveOutcome } from './save-outcome.js'
import type { RightRefused } from './save-permission.js'

/** What a save brought. */
export interface Received {
  /** Undefined where it brought no bytes of its own. */
  readonly blob: ReceivedBlob | undefined
}

export interface SaveTerms {
  /** The right may be missing: REVOCATION_SAVE_GRACE_SECONDS covers it. */
  readonly graced: boolean
}

/** A save with an access token, as a protocol adapter hands it over: it reads and it answers, the rest is done here. */
export interface IncomingSave<
  Outcome extends SaveOutcome,
  Answer,
  Kept extends Received,
  Whole extends Kept = Kept,
> {
  /** What the token could do when the request came. */
  readonly access: FileAccess
  readonly headers: SaveHeaders
  /** Takes the bytes in, with no transaction open. */
  receive(): Promise<Whole>
  /** The same of one who may not save, for keeping alone; undefined: nothing of it is worth that, or can be. */
  receiveRefused(): Promise<Kept | undefined>
  /** Decides about them, in one transaction. */
  decide(received: Whole, terms: SaveTerms): Promise<Outcome>
  /** What a recovery item is made of; undefined when it cannot be made. */
  contentToKeep(received: Kept): Promise<StoredBlob | undefined> | StoredBlob | undefined
  /** In the words of the protocol. */
  answer(outcome: Outcome | RightRefused, told: { readonly isKept: boolean }): Promise<Answer> | Answer
}
