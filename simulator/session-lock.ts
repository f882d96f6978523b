import type { Application } from './application.js'
import type { Random } from './random.js'
import type { WopiAccess, WopiClient } from './wopi-client.js'
import type { Failure, Outcome } from './wopi-outcome.js'

export type LockAnswer =
  | { readonly kind: 'held' }
  /** The host says that nobody holds a lock. */
  | { readonly kind: 'gone'; readonly call: string }
  /** The host names another lock, or none in particular. */
  | { readonly kind: 'elsewhere'; readonly call: string }
  | Exclude<Failure, { kind: 'conflict' }>

/** The one lock id of a sitting, presented with whoever's token is at hand. */
export class SessionLock {
  #id: string
  readonly #settledId: string | undefined

  constructor(
    private readonly wopi: WopiClient,
    application: Application,
    random: Random,
  ) {
    this.#id = application.newLockId(random)
    this.#settledId = application.settledLockId?.(this.#id, random)
  }

  get id(): string {
    return this.#id
  }

  async take(access: WopiAccess): Promise<LockAnswer> {
    return judge(await this.wopi.lock(access, this.#id), this.#id)
  }

  get settles(): boolean {
    return this.#settledId !== undefined && this.#settledId !== this.#id
  }

  /** Exchanges the first id for the longer one, in one call. */
  async settle(access: WopiAccess): Promise<LockAnswer> {
    if (this.#settledId === undefined) return { kind: 'held' }
    const outcome = await this.wopi.unlockAndRelock(access, this.#settledId, this.#id)
    // An earlier attempt whose answer got lost has done the exchange already.
    const done = outcome.kind === 'conflict' && outcome.currentLock === this.#settledId
    if (outcome.kind === 'ok' || done) this.#id = this.#settledId
    return done ? { kind: 'held' } : judge(outcome, this.#id)
  }

  async refresh(access: WopiAccess): Promise<LockAnswer> {
    return judge(await this.wopi.refreshLock(access, this.#id), this.#id)
  }

  async release(access: WopiAccess): Promise<LockAnswer> {
    return judge(await this.wopi.unlock(access, this.#id), this.#id)
  }
}

function judge(outcome: Outcome, id: string): LockAnswer {
  if (outcome.kind === 'ok') return { kind: 'held' }
  if (outcome.kind !== 'conflict') return outcome
  const { currentLock, call } = outcome
  if (currentLock === '') return { kind: 'gone', call }
  // A conflict that names our own lock makes no sense; asking again later is all that an editor can do.
  if (currentLock === id) return { kind: 'unavailable', call, retryAfterMs: 0 }
  return { kind: 'elsewhere', call }
}
