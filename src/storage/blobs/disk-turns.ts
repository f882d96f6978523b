import { StorageBusy } from '../storage-errors.js'

/** A save that could not be made safe for so long is refused: its client is about to give up, and saves again. */
const MAX_WAIT_MS = 60_000
/** Each that waits holds an open file, and what came in of it since the last write. */
const MAX_WAITING = 256

export interface Patience {
  readonly longestWaitMs: number
  readonly mostWaiting: number
}

interface Waiting {
  readonly begin: () => void
  readonly timer: NodeJS.Timeout | undefined
}

/**
 * Writing takes turns: a disk that is slow to write must not hold every thread that Node reads files with. Four saves in
 * fsync used to make each GetFile wait for them, though the kernel had its bytes in memory.
 */
export class DiskTurns {
  private free: number
  private readonly waiting = new Set<Waiting>()

  constructor(
    /** How many may write at the same time. */
    turns: number,
    private readonly patience: Patience = { longestWaitMs: MAX_WAIT_MS, mostWaiting: MAX_WAITING },
  ) {
    this.free = turns
  }

  /** @throws StorageBusy when too many wait, or when it has waited too long; `work` was not begun then */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--
    else await this.wait(this.patience)
    return this.finish(work)
  }

  /** For cleaning up, which cannot be refused. */
  async takeAtAnyTime<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--
    else await this.wait(undefined)
    return this.finish(work)
  }

  private async finish<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      const [next] = this.waiting
      if (next) {
        this.waiting.delete(next)
        clearTimeout(next.timer)
        next.begin()
      } else this.free++
    }
  }

  private wait(patience: Patience | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (patience && this.waiting.size >= patience.mostWaiting) {
        reject(new StorageBusy(`${this.waiting.size} writes wait for the disk already`))
        return
      }
      const timer =
        patience &&
        setTimeout(() => {
          this.waiting.delete(waiting)
          reject(new StorageBusy(`the disk was too slow for ${patience.longestWaitMs / 1000} s`))
        }, patience.longestWaitMs)
      const waiting: Waiting = { begin: resolve, timer }
      this.waiting.add(waiting)
    })
  }
}

/**
 * How many of Node's threads may write at once: half, and a little less where there are many, because names are looked
 * up on the other half (libuv lets `getaddrinfo` have that many). Some are always left to read with.
 */
export function turnsAmong(threads: number): number {
  return Math.max(1, Math.floor(threads / 2) - Math.floor(threads / 8))
}
