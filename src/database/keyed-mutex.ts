/**
 * Lets the work on one key run one after the other, and that on different keys side by side.
 *
 * It guards nothing: other servers take no notice of it, the row lock does that. But calls for one busy document that
 * queue for its row inside PostgreSQL hold a connection each while they wait, until none is left for anybody else's
 * document; queued here they hold none (RELIABILITY-SECURITY.md D-06).
 */
export class KeyedMutex {
  private readonly last = new Map<string, Promise<unknown>>()

  /** @param concernsAll an error with which those who wait behind its victim fail as well, instead of trying in turn */
  constructor(private readonly concernsAll: (error: unknown) => boolean = () => false) {}

  /** Never starts `work` before this call returned. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.last.get(key) ?? NOBODY).then(work, (error: unknown) => {
      if (this.concernsAll(error)) throw error
      return work()
    })
    this.last.set(key, mine)
    const leave = (): void => {
      if (this.last.get(key) === mine) this.last.delete(key)
    }
    mine.then(leave, leave)
    return mine
  }
}

const NOBODY = Promise.resolve()
