import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { DiskTurns } from './disk-turns.js'
import { type ContentKind, KindSniffer } from '../files/content-kind.js'
import { BodyIncomplete, BodyTooLarge, storageFailure, StorageFailed } from '../storage-errors.js'

/** The disk gets pieces of at least this size: each costs a trip to the thread pool and back. */
const PIECE_BYTES = 256 * 1024

/** Writes a body to an open file, hashing and counting on the way; the disk works on one piece while the next comes in. */
export async function writeHashed(
  file: FileHandle,
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  turns: DiskTurns,
): Promise<{ size: number; sha256: string; kind: ContentKind }> {
  const hash = createHash('sha256')
  const sniffer = new KindSniffer()
  let size = 0
  let piece: Buffer[] = []
  let pieceSize = 0
  let writing: Promise<unknown> = Promise.resolve()
  const written = (parts: readonly Buffer[], bytes: number): Promise<void> =>
    turns.take(() => disk(() => writeAll(file, parts, bytes)))
  const flush = async (): Promise<void> => {
    await writing
    writing = written(piece, pieceSize)
    // Looked at again by `await writing`; meanwhile a failure here is no unhandled one.
    writing.catch(() => undefined)
    piece = []
    pieceSize = 0
  }
  for await (const chunk of received(body)) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLarge(maxBytes)
    hash.update(chunk)
    sniffer.update(chunk)
    piece.push(chunk)
    pieceSize += chunk.length
    if (pieceSize >= PIECE_BYTES) await flush()
  }
  if (pieceSize > 0) await flush()
  await writing
  return { size, sha256: hash.digest('hex'), kind: sniffer.kind }
}

async function writeAll(file: FileHandle, parts: readonly Buffer[], size: number): Promise<void> {
  const { bytesWritten } = await file.writev(parts as Buffer[])
  if (bytesWritten === size) return
  // A full disk takes a part and refuses the rest with its reason.
  const rest = Buffer.concat(parts).subarray(bytesWritten)
  for (let done = 0; done < rest.length;) done += (await file.write(rest, done)).bytesWritten
}

// What fails while reading from the client is the client's failure, not the disk's.
async function* received(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    // A chunk that comes again is compared with what is stored, as it is received.
    if (error instanceof BodyIncomplete || error instanceof StorageFailed) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new BodyIncomplete(`the body broke off: ${why}`, { cause: error })
  }
}

/** @throws StorageFailed in place of whatever the file system threw */
export async function disk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storageFailure(error)
  }
}
