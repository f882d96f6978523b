import { Injectable, type OnModuleInit } from '@nestjs/common'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Settings } from '../config/settings.js'
import { readExactly, readPieces } from './blob-reader.js'
import { disk, writeHashed } from './blob-writer.js'
import { BodyIncomplete, BodyTooLarge } from './storage-errors.js'

/** Bytes that are safely on disk, but that nothing points to yet. */
export interface StoredBlob {
  readonly blob: string
  readonly size: number
  /** hex */
  readonly sha256: string
}

/** Up to this size one read into fresh memory is faster than anything else. */
const READ_WHOLE_BYTES = 64 * 1024

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

  /**
   * @returns the bytes at once when they are few, else piece by piece (see `readPieces`)
   * @throws StorageFailed when the blob is missing or short: found out before the answer starts, so that it is a 500
   *   and not a broken download
   */
  async read(blob: string, size: number): Promise<Buffer | AsyncIterable<Buffer>> {
    return disk(async () => {
      const file = await open(this.pathOf(blob))
      try {
        if (size > READ_WHOLE_BYTES) {
          const { size: found } = await file.stat()
          if (found < size) throw new Error(`blob ${blob} has ${found} bytes instead of ${size}`)
          return readPieces(file, size)
        }
        const bytes = await readExactly(file, Buffer.allocUnsafe(size), 0)
        await file.close()
        return bytes
      } catch (error) {
        await file.close()
        throw error
      }
    })
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
