/** Counting so many takes longer than whoever asks should wait. */
const LARGE = 10_000
/** Whoever asks less often waits. */
const GOOD_FOR_MS = 120_000

/**
 * Numbers of rows. As long as they are small, each answer is counted for it. Of large ones the last are told, and counted
 * anew meanwhile, for whoever asks next: a scrape every few seconds never waits, and is one behind.
 */
export class LargeCounts<Name extends string> {
  private known: { readonly counts: Readonly<Record<Name, number>>; readonly at: number } | undefined
  private counting: Promise<Readonly<Record<Name, number>>> | undefined

  constructor(
    private readonly count: () => Promise<Readonly<Record<Name, number>>>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async read(): Promise<Readonly<Record<Name, number>>> {
    const counting = (this.counting ??= this.countAnew().finally(() => (this.counting = undefined)))
    const { known } = this
    if (!known || !isLarge(known.counts) || this.now() - known.at > GOOD_FOR_MS) return counting
    // The next one is told of it: nothing is known any more.
    counting.catch(() => undefined)
    return known.counts
  }

  private async countAnew(): Promise<Readonly<Record<Name, number>>> {
    try {
      const counts = await this.count()
      this.known = { counts, at: this.now() }
      return counts
    } catch (error) {
      this.known = undefined
      throw error
    }
  }
}

function isLarge(counts: Readonly<Record<string, number>>): boolean {
  return Object.values(counts).some((count) => count > LARGE)
}
