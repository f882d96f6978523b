/** How long the host took to answer, in real milliseconds, per operation. */
export class CallTimes {
  readonly #times = new Map<string, number[]>()

  readonly record = (operation: string, milliseconds: number): void => {
    const times = this.#times.get(operation)
    if (times) times.push(milliseconds)
    else this.#times.set(operation, [milliseconds])
  }

  /** One row per operation: name, calls, median, 99th percentile. */
  rows(): string[][] {
    return Array.from(this.#times, ([operation, times]) => {
      const sorted = times.toSorted((left, right) => left - right)
      const at = (share: number): string =>
        `${(sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)} ms`
      return [operation, String(sorted.length), at(0.5), at(0.99)]
    })
  }
}
