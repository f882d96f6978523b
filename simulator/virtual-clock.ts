import type { Clock } from './clock.js'

interface Sleeper {
  due: number
  readonly order: number
  readonly wake: () => void
}

/**
 * Time that stands still while anybody works and jumps to the next appointment when all actors sleep.
 * Sleepers wake one at a time, by due time and then by who fell asleep first, so that a run with the same
 * seed makes the same calls in the same order however long the host takes to answer.
 */
export class VirtualClock implements Clock {
  readonly speed = 1
  #now = 0
  #awake = 0
  #order = 0
  readonly #sleepers = new Set<Sleeper>()

  now(): number {
    return this.#now
  }

  async run<T>(actor: () => Promise<T>): Promise<T> {
    this.#awake += 1
    try {
      return await actor()
    } finally {
      this.#rest()
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const hurry = (): void => {
        sleeper.due = this.#now
      }
      const sleeper: Sleeper = {
        due: signal?.aborted ? this.#now : this.#now + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', hurry)
          resolve()
        },
      }
      signal?.addEventListener('abort', hurry)
      this.#sleepers.add(sleeper)
      this.#rest()
    })
  }

  #rest(): void {
    this.#awake -= 1
    // Put off to the next turn of the event loop: what a finished actor's caller starts next must be counted
    // first.
    if (this.#awake === 0) setImmediate(() => this.#wakeNext())
  }

  #wakeNext(): void {
    if (this.#awake > 0) return
    let next: Sleeper | undefined
    for (const sleeper of this.#sleepers) {
      if (!next || sleeper.due < next.due || (sleeper.due === next.due && sleeper.order < next.order))
        next = sleeper
    }
    if (!next) return
    this.#sleepers.delete(next)
    this.#now = Math.max(this.#now, next.due)
    this.#awake += 1
    next.wake()
  }
}
