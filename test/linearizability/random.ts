/** A small seeded generator (mulberry32): the same seed makes the same choices on every machine. */
export class Random {
  constructor(private state: number) {}

  /** 0 ≤ x < 1 */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low)
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  oneOf<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.fraction() * items.length)]
    if (item === undefined) throw new RangeError('nothing to choose from')
    return item
  }

  /** Chooses a name with the probability of its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][]
    let left = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name
    return this.oneOf(entries)[0]
  }
}
