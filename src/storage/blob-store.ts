import { Injectable, type OnModuleInit } from '@nestjs/common'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Settings } from '../config/settings.js'
import { BodyIncomplete, BodyTooLarge, StorageFailed } from './storage-errors.js'

/** Bytes that are safely on disk, but that nothing points to yet. */
export interface StoredBlob {
  readonly blob: string
  readonly size: number
  /** hex */
  readonly sha256: string
}

/** Up to this size one read into memory is faster than a stream (DESIGN.md §11). */
const READ_WHOLE_BYTES = 2 * 1024 ** 2

/**
 * Immutable blobs in the file system, under names that say nothing about their content. A blob is written once, to a
 * name nobody knows yet, and never changed: a save that fails or loses its race leaves an orphan, never a torn file.
 */
@Injectable()
export class BlobStore implements OnModuleInit {
  readonly folder: string

  constructor(private readonly settings: Settings) {
    this.folder = join(settings.dataDir, 'blobs')
  }

  async onModuleInit(): Promise<void> {
    const shards = Array.from({ length: 256 }, (_, i) => join(this.folder, i.toString(16).padStart(2, '0')))
    await Promise.all(shards.map((shard) => mkdir(shard, { recursive: true })))
    await syncFolder(this.folder)
    await syncFolder(this.settings.dataDir)
  }

  /**
   * Streams a body to a new blob; when this returns, a power cut cannot take it back.
   * @param announcedSize what Content-Length or X-WOPI-Size promised
   * @throws BodyTooLarge, BodyIncomplete, StorageFailed; nothing is left behind then
   */
  async receive(body: AsyncIterable<Buffer>, announcedSize?: number): Promise<StoredBlob> {
    const { maxFileSizeBytes } = this.settings
    if (announcedSize !== undefined && announcedSize > maxFileSizeBytes)
      throw new BodyTooLarge(maxFileSizeBytes)
    const blob = randomBytes(16).toString('hex')
    const file = await this.create(blob)
    try {
      const written = await writeHashed(file, body, maxFileSizeBytes)
      if (announcedSize !== undefined && announcedSize !== written.size) {
        throw new BodyIncomplete(`the body has ${written.size} bytes, but ${announcedSize} were announced`)
      }
      await disk(() => file.sync())
      await disk(() => file.close())
      // Without this the name itself can be lost in a power cut, and the bytes with it.
      await disk(() => syncFolder(this.shardOf(blob)))
      return { blob, ...written }
    } catch (error) {
      await file.close().catch(() => undefined)
      await this.remove(blob)
      throw error
    }
  }

  /** @returns the bytes at once when they are few, else a stream */
  async read(blob: string, size: number): Promise<Buffer | Readable> {
    if (size > READ_WHOLE_BYTES) {
      // Opened before the answer starts, so that a missing or short blob is a 500 and not a broken download.
      const file = await disk(() => this.openWhole(blob, size))
      // Bytes past the announced length would be taken for the next answer on the connection.
      return createReadStream('', { fd: file, end: size - 1, highWaterMark: 1024 ** 2 })
    }
    return disk(() => this.readWhole(blob, size))
  }

  private async openWhole(blob: string, size: number): Promise<FileHandle> {
    const file = await open(this.pathOf(blob))
    const { size: found } = await file.stat()
    if (found >= size) return file
    await file.close()
    throw new Error(`blob ${blob} has ${found} bytes instead of ${size}`)
  }

  private async readWhole(blob: string, size: number): Promise<Buffer> {
    const file = await open(this.pathOf(blob))
    try {
      const bytes = Buffer.allocUnsafe(size)
      let filled = 0
      while (filled < size) {
        const { bytesRead } = await file.read(bytes, filled, size - filled, filled)
        if (bytesRead === 0) throw new Error(`blob ${blob} has ${filled} bytes instead of ${size}`)
        filled += bytesRead
      }
      return bytes
    } finally {
      await file.close()
    }
  }

  async remove(blob: string): Promise<void> {
    await rm(this.pathOf(blob), { force: true }).catch(() => undefined)
  }

  /** All blobs with the time of their writing, shard by shard. */
  async *list(): AsyncGenerator<{ blob: string; writtenAt: Date }> {
    for (const shard of await readdir(this.folder)) {
      for (const blob of await readdir(join(this.folder, shard))) {
        const info = await stat(this.pathOf(blob)).catch(() => undefined)
        if (info) yield { blob, writtenAt: info.mtime }
      }
    }
  }

  /** Hash and size of what is really there; undefined when it is missing. */
  async inspect(blob: string): Promise<{ size: number; sha256: string } | undefined> {
    const hash = createHash('sha256')
    let size = 0
    try {
      for await (const chunk of createReadStream(this.pathOf(blob), { highWaterMark: 1024 ** 2 })) {
        hash.update(chunk as Buffer)
        size += (chunk as Buffer).length
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    return { size, sha256: hash.digest('hex') }
  }

  /** @throws StorageFailed when a blob cannot be written now; leaves nothing behind */
  async probe(): Promise<void> {
    const { blob } = await this.receive(singleByte())
    await this.remove(blob)
  }

  private create(blob: string): Promise<FileHandle> {
    return disk(() => open(this.pathOf(blob), 'wx', 0o600))
  }

  private pathOf(blob: string): string {
    return join(this.shardOf(blob), blob)
  }

  private shardOf(blob: string): string {
    return join(this.folder, blob.slice(0, 2))
  }
}

async function writeHashed(
  file: FileHandle,
  body: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of received(body)) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLarge(maxBytes)
    // The disk works on this chunk while the hash does.
    const writing = disk(() => writeAll(file, chunk))
    hash.update(chunk)
    await writing
  }
  return { size, sha256: hash.digest('hex') }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let done = 0
  while (done < chunk.length) done += (await file.write(chunk, done)).bytesWritten
}

// What fails while reading from the client is the client's failure, not the disk's.
async function* received(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    if (error instanceof BodyIncomplete) throw error
    throw new BodyIncomplete(`the body broke off: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function disk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StorageFailed(error)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function* singleByte(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from('.'))
}
