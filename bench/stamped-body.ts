import { randomBytes } from 'node:crypto'

const STAMP_BYTES = 16
const BLOCK_BYTES = 1024

const filling = randomBytes(BLOCK_BYTES)

/** A body that says in each of its blocks which save it is of: two saves mixed into one are seen. */
export function stampedBody(size: number): Buffer {
  return Buffer.alloc(size, filling)
}

/** Makes it the body of another save. */
export function stamp(body: Buffer, save: Buffer): void {
  for (let at = 0; at < body.length; at += BLOCK_BYTES) save.copy(body, at, 0, STAMP_BYTES)
}

/** Is that one whole save, and not a part of one and a part of another? */
export function isWhole(body: Buffer): boolean {
  const first = body.subarray(0, STAMP_BYTES)
  for (let at = 0; at < body.length; at += BLOCK_BYTES) {
    const stampEnd = Math.min(at + STAMP_BYTES, body.length)
    if (!body.subarray(at, stampEnd).equals(first.subarray(0, stampEnd - at))) return false
    const rest = body.subarray(stampEnd, at + BLOCK_BYTES)
    if (!rest.equals(filling.subarray(STAMP_BYTES, STAMP_BYTES + rest.length))) return false
  }
  return true
}
