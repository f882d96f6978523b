import { createHash } from 'node:crypto'
import type { Random } from '../linearizability/random.js'

/** A body that nobody else ever sends. */
export interface Body {
  readonly bytes: Buffer
  /** hex */
  readonly sha256: string
}

// Small ones are read whole, those over 2 MB as a stream: both ways of GetFile must not tear.
const SIZES = [700, 3_000, 9_000, 9_000, 20_000, 20_000, 40_000, 40_000, 40_000, 150_000, 2_500_000]

let serial = 0

/** Every line names its body, so that a mix of two bodies, a cut or a hole changes the hash. */
export function newBody(random: Random, most = Infinity): Body {
  const size = Math.min(most, Math.round(random.oneOf(SIZES) * random.between(0.5, 1.5)))
  const line = `${process.pid}-${++serial}-${Math.floor(random.fraction() * 2 ** 32).toString(16)} `
  const bytes = Buffer.alloc(size, line)
  return { bytes, sha256: sha256(bytes) }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
