import type { OpenDocument, Snapshot } from './open-document.js'
import type { LockAnswer, SessionLock } from './session-lock.js'
import { sha256 } from './sha256.js'
import type { WopiAccess, WopiClient } from './wopi-client.js'

export type SaveResult =
  | { readonly kind: 'saved'; readonly snapshot: Snapshot; readonly version: string | undefined }
  | { readonly kind: 'delayed'; readonly why: string; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly why: string }
  /** Somebody else holds the lock or has changed the file: saving would destroy their work. */
  | { readonly kind: 'overtaken'; readonly why: string }

/** Saves one open document, and takes its lock again when the host has forgotten it. */
export class Saver {
  /**
   * Hashes of bodies whose PutFile got no answer: should the head turn out to be one of them, it is our own.
   */
  readonly #unanswered = new Set<string>()

  constructor(
    private readonly wopi: WopiClient,
    private readonly lock: SessionLock,
    private readonly open: OpenDocument,
    private readonly namesEditors: boolean,
    private readonly onRetaken: () => void,
  ) {}

  async save(access: WopiAccess): Promise<SaveResult> {
    const first = await this.#put(access)
    if (first !== 'unlocked') return first
    const answer = await this.retake(access)
    if (answer.kind === 'held') {
      const second = await this.#put(access)
      return second === 'unlocked'
        ? { kind: 'delayed', why: 'The lock was gone again', retryAfterMs: 0 }
        : second
    }
    if (answer.kind === 'unavailable') return delayed(answer.call, answer.retryAfterMs)
    return { kind: answer.kind === 'elsewhere' ? 'overtaken' : 'refused', why: answer.call }
  }

  /** Locks again after the host has dropped the lock, unless somebody else has changed the file since. */
  async retake(access: WopiAccess): Promise<LockAnswer> {
    const answer = await this.lock.take(access)
    if (answer.kind !== 'held') return answer
    const head = await this.wopi.getFile(access)
    if (head.kind === 'conflict') return { kind: 'elsewhere', call: head.call }
    if (head.kind !== 'ok') return head
    if (head.version !== this.open.version && !this.#unanswered.has(sha256(head.bytes))) {
      await this.lock.release(access)
      return { kind: 'elsewhere', call: `The file has moved from version ${this.open.version ?? '?'}` }
    }
    this.onRetaken()
    return answer
  }

  async #put(access: WopiAccess): Promise<SaveResult | 'unlocked'> {
    const snapshot = this.open.snapshot()
    const authors = new Set(snapshot.changes.map(({ by }) => by.userId))
    const editors = this.namesEditors ? [...authors] : []
    const outcome = await this.wopi.putFile(access, this.lock.id, snapshot.bytes, editors)
    switch (outcome.kind) {
      case 'ok':
        this.#unanswered.clear()
        this.open.acknowledged(snapshot, outcome.version)
        return { kind: 'saved', snapshot, version: outcome.version }
      case 'unavailable':
        this.#unanswered.add(sha256(snapshot.bytes))
        return delayed(outcome.call, outcome.retryAfterMs)
      case 'conflict':
        if (outcome.currentLock === '') return 'unlocked'
        if (outcome.currentLock === this.lock.id) return delayed(outcome.call, 0)
        return { kind: 'overtaken', why: outcome.call }
      case 'refused':
      case 'unexpected':
        return { kind: 'refused', why: outcome.call }
    }
  }
}

function delayed(why: string, retryAfterMs: number): SaveResult {
  return { kind: 'delayed', why, retryAfterMs }
}
