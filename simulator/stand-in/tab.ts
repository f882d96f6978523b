import { randomBytes } from 'node:crypto'
import type { Person } from '../participant.js'
import type { FileInfo, WopiAccess } from '../wopi-client.js'
import type { Family } from './families.js'

/** What a page shows. */
export interface SeatView {
  readonly text: readonly string[]
  readonly people: readonly PersonView[]
  readonly unsaved: boolean
  /** What happened last, in words. */
  readonly status: string
  /** Why this page is out of the document, in words. */
  readonly ended?: string
}

export interface PersonView {
  readonly viewId: number
  readonly userId: string
  readonly name: string
  readonly readOnly: boolean
}

export interface Visitor {
  readonly access: WopiAccess
  readonly info: FileInfo
  readonly family: Family
  readonly readOnly: boolean
}

type Listener = (view: SeatView) => void

const lingerMs = 30_000

/** One page that shows the document to one person. */
export class Tab implements Person {
  /** Whoever knows it may act for the page; unlike the token it is good for nothing else. */
  readonly id = randomBytes(24).toString('base64url')
  access: WopiAccess
  /** What a reader has in front of them. */
  readersText: readonly string[] = []
  #ended: string | undefined
  readonly #listeners = new Set<Listener>()
  #lingering: NodeJS.Timeout | undefined

  constructor(
    readonly visitor: Visitor,
    /** Unlike any other's in the document. */
    readonly viewId: number,
    readonly name: string,
    private readonly onGone: () => void,
  ) {
    this.access = visitor.access
    this.#linger()
  }

  get ended(): string | undefined {
    return this.#ended
  }

  end(why: string): void {
    this.#ended ??= why
  }

  show(view: SeatView): void {
    for (const listener of this.#listeners) listener(view)
  }

  /** @returns what ends the watching */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener)
    clearTimeout(this.#lingering)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#linger()
    }
  }

  /** Nobody waits for the page any more. */
  dismiss(): void {
    this.#listeners.clear()
    clearTimeout(this.#lingering)
  }

  /** A page that crashed says no goodbye, and one on a bad line comes back. */
  #linger(): void {
    clearTimeout(this.#lingering)
    this.#lingering = setTimeout(this.onGone, lingerMs).unref()
  }
}
