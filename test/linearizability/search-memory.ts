import type { RegisterState } from './register-state.js'

/** Which of the operations 0…size−1 are already part of the order. */
export class TakenSet {
  private readonly words: Uint16Array
  /** All positions below it are taken. */
  private first = 0
  size = 0

  constructor(private readonly capacity: number) {
    this.words = new Uint16Array((capacity >> 4) + 1)
  }

  has(position: number): boolean {
    return (((this.words[position >> 4] ?? 0) >> (position & 15)) & 1) === 1
  }

  add(position: number): void {
    this.set(position, 1 << (position & 15))
    this.size++
    while (this.first < this.capacity && this.has(this.first)) this.first++
  }

  remove(position: number): void {
    this.set(position, 0)
    this.size--
    this.first = Math.min(this.first, position)
  }

  firstMissing(): number {
    return this.first
  }

  /** Equal keys mean equal sets: everything below the first missing one, and the words up to the last taken one. */
  key(): string {
    const low = this.first >> 4
    let high = this.words.length
    while (high > low && this.words[high - 1] === 0) high--
    return `${low}:${String.fromCharCode(...this.words.subarray(low, high))}`
  }

  private set(position: number, bit: number): void {
    const index = position >> 4
    this.words[index] = ((this.words[index] ?? 0) & ~(1 << (position & 15))) | bit
  }
}

interface Footprint {
  readonly from: number
  readonly until: number
  readonly lostMask: bigint
}

/**
 * The states the search has been in, all of them dead ends or on the present path. A state is not worth a second
 * visit if one at least as good was visited with the same operations taken: the same lock and head, a timer interval
 * that contains this one, and no lost operation used up that this one still has.
 */
export class Visited {
  private readonly footprints = new Map<string, Footprint[]>()
  private readonly numbers = new Map<string | null, number>()

  /** False if a visited state covers this one. */
  add(
    taken: string,
    { lock, head, version, from, until, table, bases }: RegisterState,
    lostMask: bigint,
  ): boolean {
    const key = `${head},${this.numberOf(version)},${this.numberOf(lock)},${this.numberOf(table)},${this.numberOf(`bases ${bases}`)},${taken}`
    const known = this.footprints.get(key)
    if (!known) {
      this.footprints.set(key, [{ from, until, lostMask }])
      return true
    }
    if (known.some((other) => covers(other, { from, until, lostMask }))) return false
    known.push({ from, until, lostMask })
    return true
  }

  /** Ids and versions are opaque and may contain any separator, so that keys are built of their numbers. */
  private numberOf(text: string | null): number {
    const number = this.numbers.get(text) ?? this.numbers.size
    this.numbers.set(text, number)
    return number
  }
}

function covers(one: Footprint, other: Footprint): boolean {
  return one.from <= other.from && one.until >= other.until && (one.lostMask & ~other.lostMask) === 0n
}
