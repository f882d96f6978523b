const AN_HOUR_MS = 3600_000
/** A few megabytes of names. What falls out is checked once more. */
const MOST = 50_000

/**
 * What was compared with its hash a short while ago. A blob never changes, so what is read again is the page cache; but
 * disks fail while a process runs, so nothing is believed for ever.
 */
export class CheckedLately {
  readonly #at = new Map<string, number>()

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly most = MOST,
  ) {}

  has(what: string): boolean {
    const at = this.#at.get(what)
    return at !== undefined && this.now() - at < AN_HOUR_MS
  }

  add(what: string): void {
    // At the end again: the first in order is the oldest.
    this.#at.delete(what)
    this.#at.set(what, this.now())
    if (this.#at.size <= this.most) return
    const [oldest] = this.#at.keys()
    if (oldest !== undefined) this.#at.delete(oldest)
  }

  forget(what: string): void {
    this.#at.delete(what)
  }
}
