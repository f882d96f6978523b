/** Time as the scripted editors live it, in simulated milliseconds since the simulation began. */
export interface Clock {
  /** How many simulated milliseconds pass in a real one. */
  readonly speed: number
  now(): number
  /** Resolves after `ms` simulated milliseconds, or as soon as `signal` fires. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /**
   * Runs one actor. Whoever sleeps must do so inside an actor, so that a virtual clock knows when all are
   * asleep.
   */
  run<T>(actor: () => Promise<T>): Promise<T>
}

const longestTimer = 2 ** 31 - 1

/** Real time, `speed` times faster. */
export class ScaledClock implements Clock {
  readonly #startedAt = performance.now()

  constructor(readonly speed: number) {}

  now(): number {
    return (performance.now() - this.#startedAt) * this.speed
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve()
        return
      }
      const wake = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(Math.max(0, ms) / this.speed, longestTimer))
      signal?.addEventListener('abort', wake)
    })
  }

  run<T>(actor: () => Promise<T>): Promise<T> {
    return actor()
  }
}
