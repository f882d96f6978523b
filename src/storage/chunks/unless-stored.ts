import type { BlobRange, OpenBlobs } from '../blobs/blob-ranges.js'

/**
 * A chunk that comes again is not stored again. Its id says only that it may be the same (SpookyHash proves nothing), so
 * the bytes are compared as they come: with the first that differs, or that is not there any more, it is a new one, from
 * its beginning.
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
      if (await isThere(piece, { blob, start: start + same }, open)) {
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

async function isThere(
  piece: Buffer,
  place: Pick<BlobRange, 'blob' | 'start'>,
  open: OpenBlobs,
): Promise<boolean> {
  const there = Buffer.allocUnsafe(piece.length)
  try {
    await open.readInto(there, place)
  } catch {
    return false
  }
  return there.equals(piece)
}
