import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Settings } from '../../config/settings.js'
import { type ContentKind, KindSniffer } from '../files/content-kind.js'
import { BodyIncomplete, BodyTooLarge, storageFailure, StorageFailed } from '../storage-errors.js'
import { DiskTurns, turnsAmong } from './disk-turns.js'
import { ShardFolders } from './shard-folders.js'

/**
 * The disk gets pieces of at least this size: each costs a trip to the thread pool and back. Pieces of a megabyte cost
 * half as much processor time again: what was hashed has left the caches by the time that it is written.
 */
const PIECE_BYTES = 256 * 1024

/** Where a write to a file opened so is on the disk when it returns. Elsewhere less is promised, or nothing. */
const SYNCED_WRITES = process.platform === 'linux' ? constants.O_DSYNC : 0

export interface Written {
  readonly size: number
  /** hex */
  readonly sha256: string
  readonly kind: ContentKind
}

/** Bodies become files. */
export class BlobWriter {
  private readonly turns: DiskTurns
  private readonly folders = new ShardFolders()
  private readonly maxBytes: number

  constructor({ ioThreads, maxFileSizeBytes }: Pick<Settings, 'ioThreads' | 'maxFileSizeBytes'>) {
    this.turns = new DiskTurns(turnsAmong(ioThreads))
    this.maxBytes = maxFileSizeBytes
  }

  /**
   * Streams a body to a new file; when this returns, a power cut takes back neither its bytes nor its name.
   * @param announcedSize how many bytes it must have, where that is known
   * @throws BodyTooLarge, BodyIncomplete, StorageFailed, StorageBusy; nothing is left behind then
   */
  async write(
    path: string,
    body: AsyncIterable<Buffer>,
    announcedSize: number | undefined,
  ): Promise<Written> {
    try {
      return await this.writePieces(path, body, announcedSize)
    } catch (error) {
      if (error instanceof StorageFailed) this.letGo()
      throw error
    }
  }

  private async writePieces(
    path: string,
    body: AsyncIterable<Buffer>,
    announcedSize: number | undefined,
  ): Promise<Written> {
    // What is one piece is made safe by the one write that it takes; a larger body would wait for the disk at each of them.
    const isOnePiece = announcedSize !== undefined && announcedSize > 0 && announcedSize <= PIECE_BYTES
    const synced = isOnePiece ? SYNCED_WRITES : 0
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | synced
    const file = await this.turns.take(() => disk(() => open(path, flags, 0o600)))
    try {
      const written = await this.writeHashed(file, body)
      if (announcedSize !== undefined && announcedSize !== written.size) {
        throw new BodyIncomplete(`the body has ${written.size} bytes, but ${announcedSize} were announced`)
      }
      await this.turns.take(async () => {
        if (synced === 0) await disk(() => file.sync())
        // Without the folder the name itself can be lost in a power cut, and the bytes with it.
        await disk(() => Promise.all([file.close(), this.folders.sync(dirname(path))]))
      })
      return written
    } catch (error) {
      await file.close().catch(() => undefined)
      await this.remove(path)
      throw error
    }
  }

  /** Hashes and counts on the way; the disk works on one piece while the next comes in. */
  private async writeHashed(file: FileHandle, body: AsyncIterable<Buffer>): Promise<Written> {
    const hash = createHash('sha256')
    const sniffer = new KindSniffer()
    let size = 0
    let piece: Buffer[] = []
    let pieceSize = 0
    let writing: Promise<unknown> = Promise.resolve()
    const flush = async (): Promise<void> => {
      await writing
      const [parts, position] = [piece, size - pieceSize]
      writing = this.turns.take(() => disk(() => writeAll(file, parts, position)))
      // Looked at again by `await writing`; meanwhile a failure here is no unhandled one.
      writing.catch(() => undefined)
      piece = []
      pieceSize = 0
    }
    for await (const chunk of received(body)) {
      size += chunk.length
      if (size > this.maxBytes) throw new BodyTooLarge(this.maxBytes)
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

  /** Nobody needs it to be gone. */
  async remove(path: string): Promise<void> {
    await this.turns.takeAtAnyTime(() => rm(path, { force: true })).catch(() => undefined)
  }

  /** What is kept open of the folders may be gone, or somewhere else. */
  letGo(): void {
    this.folders.letGo()
  }
}

async function writeAll(file: FileHandle, parts: readonly Buffer[], position: number): Promise<void> {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  let { bytesWritten: done } = await file.writev(parts as Buffer[], position)
  if (done === size) return
  // A full disk takes a part and refuses the rest with its reason.
  const all = Buffer.concat(parts)
  while (done < size) done += (await file.write(all, done, size - done, position + done)).bytesWritten
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
