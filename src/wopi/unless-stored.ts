import type { BlobRange, OpenBlobs } from '../storage/blob-ranges.js'

/**
 * A chunk that comes again is not stored again. Its id says only that it may be the same (SpookyHash proves nothing), so
 * the bytes are compared as they come: with the first that differs it is a new one, from its beginning.
 * @returns whether it is new; its bytes were handed out then, and none otherwise
 */
export async function* unlessStored(
  payload: AsyncIterable<Buffer>,
  { blob, start }: BlobRange,
  open: OpenBlobs,
): AsyncGenerator<Buffer, boolean, undefined> {
  let same = 0
  let isNew = false
  for await (const piece of payload) {
    if (!isNew) {
      const there = Buffer.allocUnsafe(piece.length)
      await open.readInto(there, { blob, start: start + same })
      if (there.equals(piece)) {
        same += piece.length
        continue
      }
      isNew = true
      // The writer holds on to some pieces, so that each needs memory of its own.
      for await (const before of open.pieces({ blob, start, length: same })) yield Buffer.from(before)
    }
    yield piece
  }
  return isNew
}
