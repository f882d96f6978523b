const MAX_MS = 2000

/**
 * Something that is tried out to see whether it works. Whoever asks has an answer within the limit, however long it takes;
 * and it is tried once at a time, whoever asks: probes that pile up on a slow disk make it slower.
 */
export class SharedProbe {
  private underWay: { readonly end: Promise<void>; readonly since: number } | undefined

  constructor(
    /** What is tried, for the reason. */
    private readonly what: string,
    private readonly attempt: () => Promise<void>,
    private readonly longestMs = MAX_MS,
  ) {}

  /** @throws what the attempt threw, or Error when it takes too long: at once when it has already */
  async answer(): Promise<void> {
    const { end, since } = (this.underWay ??= this.begin())
    const left = Math.max(0, this.longestMs - (performance.now() - since))
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${this.what} took longer than ${this.longestMs / 1000} s`))
      }, left)
    })
    try {
      await Promise.race([end, tooLong])
    } finally {
      clearTimeout(timer)
    }
  }

  private begin(): { readonly end: Promise<void>; readonly since: number } {
    const end = this.attempt().finally(() => (this.underWay = undefined))
    // Whoever waited may have gone by then.
    end.catch(() => undefined)
    return { end, since: performance.now() }
  }
}
