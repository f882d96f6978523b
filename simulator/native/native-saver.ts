import type { MarkedLine } from '../ground-truth.js'
import type { WopiAccess } from '../wopi-connection.js'
import type { Fetched, NativeClient } from './native-client.js'
import type { NativeDocument } from './native-document.js'
import type { NativeHappening } from './native-event.js'
import type { NativeLock } from './native-lock.js'
import type { NativeFailure } from './native-outcome.js'

export type NativeSaveResult =
  | { readonly kind: 'saved' }
  | { readonly kind: 'delayed'; readonly why: string; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly why: string }

export interface SaverEvents {
  readonly report: (what: NativeHappening) => void
  /** The host has these changes. */
  readonly acknowledged: (changes: readonly MarkedLine[], version: string) => void
}

/** Whoever is overtaken as often in one save waits for the next. */
const attempts = 25

/** Saves one person's document: reads and merges what others saved meanwhile, and takes a lost lock again. */
export class NativeSaver {
  constructor(
    private readonly wopi: NativeClient,
    private readonly access: WopiAccess,
    private readonly lock: NativeLock,
    private readonly document: NativeDocument,
    private readonly events: SaverEvents,
  ) {}

  async save(): Promise<NativeSaveResult> {
    let failed: NativeSaveResult | undefined
    for (let attempt = 1; attempt <= attempts && !failed; attempt += 1) {
      // A merge may find that the host had it all: only the answer was lost.
      if (this.document.unsaved === 0) return { kind: 'saved' }
      const failure = await this.#put()
      if (!failure) return { kind: 'saved' }
      failed = await this.#mend(failure)
    }
    return failed ?? { kind: 'delayed', why: `others were faster ${attempts} times`, retryAfterMs: 0 }
  }

  /** Reads what others saved and merges it; undefined when that is done. */
  async catchUp(): Promise<NativeFailure | undefined> {
    const fetched = await this.wopi.getChunkedFile(this.access, this.document.known)
    return fetched.kind === 'ok' ? this.#merge(fetched) : fetched
  }

  /** Undefined when the lock is held again. */
  async retake(): Promise<NativeFailure | undefined> {
    const taken = await this.lock.take()
    if (taken.kind !== 'ok') return taken
    this.events.report({ kind: 'lock-retaken' })
    return undefined
  }

  async #put(): Promise<NativeFailure | undefined> {
    const snapshot = this.document.snapshot()
    const { sequenceNumber, known } = this.document
    const answer = await this.wopi.putChunkedFile(this.access, {
      content: snapshot.content,
      known,
      sequenceNumber,
      coauthLock: this.lock.id,
    })
    if (answer.kind !== 'ok') return answer
    this.document.saved(snapshot, answer.sequenceNumber)
    this.events.acknowledged(snapshot.changes, answer.version)
    const { version, sent } = answer
    const changes = snapshot.changes.length
    const { size } = snapshot
    this.events.report({
      kind: 'saved',
      sequenceNumber: answer.sequenceNumber,
      version,
      changes,
      size,
      sent,
    })
    return undefined
  }

  /** Undefined: what stood in the way is gone, and the save can be tried again. */
  async #mend(failure: NativeFailure): Promise<NativeSaveResult | undefined> {
    if (failure.kind === 'moved') {
      this.events.report({ kind: 'save-overtaken', sequenceNumber: this.document.sequenceNumber })
      const failed = await this.catchUp()
      return failed && resultOf(failed)
    }
    if (failure.kind === 'conflict' && failure.mechanism === undefined) {
      const failed = await this.retake()
      return failed && resultOf(failed)
    }
    return resultOf(failure)
  }

  #merge(fetched: Fetched): NativeFailure | undefined {
    const { sequenceNumber, bytes, received } = fetched
    try {
      const found = this.document.merge(fetched)
      this.events.acknowledged(found, `sequence number ${sequenceNumber}`)
    } catch {
      return { kind: 'unexpected', status: 200, call: 'what others saved cannot be read as a document here' }
    }
    this.events.report({ kind: 'merged', received, size: bytes.length, unsaved: this.document.unsaved })
    return undefined
  }
}

/** Somebody else's lock, or a host that is away, passes; a lost right does not. */
function resultOf(failure: NativeFailure): NativeSaveResult {
  if (failure.kind === 'unavailable') {
    return { kind: 'delayed', why: failure.call, retryAfterMs: failure.retryAfterMs }
  }
  if (failure.kind === 'conflict' || failure.kind === 'moved') {
    return { kind: 'delayed', why: failure.call, retryAfterMs: 0 }
  }
  return { kind: 'refused', why: failure.call }
}
