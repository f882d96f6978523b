import { ContentDamaged, type DamageKind } from '../storage-errors.js'

export interface Damage {
  readonly blob: string
  readonly what: DamageKind
}

/** So many are told apart; on a disk that lost everything the rest adds nothing. */
const MAX_KNOWN = 1000

/** The damaged blobs that this process has met. */
export class Damages {
  readonly #known = new Map<string, Damage>()
  readonly #listeners = new Set<(damage: Damage) => void>()
  #total = 0

  /** How often damaged bytes were asked for. */
  get total(): number {
    return this.#total
  }

  /** How many blobs were damaged when they were last looked at. */
  get known(): number {
    return this.#known.size
  }

  has(blob: string): boolean {
    return this.#known.has(blob)
  }

  /** Told of each blob once, until it is whole again. */
  listen(listener: (damage: Damage) => void): void {
    this.#listeners.add(listener)
  }

  /** @returns what to throw */
  add(blob: string, what: DamageKind): ContentDamaged {
    this.#total++
    const isNew = !this.#known.has(blob) && this.#known.size < MAX_KNOWN
    if (isNew) {
      this.#known.set(blob, { blob, what })
      for (const listener of this.#listeners) listener({ blob, what })
    }
    return new ContentDamaged(blob, what)
  }

  /** Copied back from a backup, or replaced by what came again. */
  mended(blob: string): void {
    this.#known.delete(blob)
  }
}
