import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Settings } from '../../config/settings.js'
import { Database } from '../../database/database.js'
import { blobPath, listBlobs, SHARDS, type ListedBlob } from '../../installation/blob-folder.js'
import { blobFolder } from '../../installation/pairing.js'
import { BlobMount } from './blob-mount.js'
import { type BlobRange, endsOf, merged, OpenBlobs, sizeOf } from './blob-ranges.js'
import { readAtOnce, readBeginning, readPieces } from './blob-reader.js'
import { BlobWriter } from './blob-writer.js'
import { CONTENT_CHUNKS } from '../chunks/chunk.statements.js'
import { ChunkChecks } from '../chunks/chunk-checks.js'
import { isComposite } from '../chunks/composite.js'
import { ContentChecks } from './content-checks.js'
import { type ContentKind, KindSniffer } from '../files/content-kind.js'
import type { StoredBlob } from './stored-blob.js'
import { BlobTooShort, BodyTooLarge } from '../storage-errors.js'
import { syncFolder } from '../../config/sync-folder.js'

export type { StoredBlob }
/** Up to this size one read into fresh memory is faster than anything else. */
const READ_WHOLE_BYTES = 64 * 1024

/**
 * Immutable blobs in the file system, under names that say nothing about their content. A blob is written once, to a
 * name nobody knows yet, and never changed: a save that fails or loses its race leaves an orphan, never a torn file.
 * A composite is read here like any other blob, though its bytes are ranges of others (docs/adr/0018).
 */
@Injectable()
export class BlobStore implements OnApplicationShutdown, OnModuleInit {
  readonly folder: string
  private readonly mount: BlobMount
  private readonly writer: BlobWriter
  readonly checks = new ContentChecks()
  readonly chunks = new ChunkChecks(this.checks)

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
  ) {
    this.folder = blobFolder(settings)
    this.writer = new BlobWriter(settings)
    this.mount = new BlobMount(this.folder, () => {
      this.writer.letGo()
    })
  }

  async onModuleInit(): Promise<void> {
    await Promise.all(SHARDS.map((shard) => mkdir(join(this.folder, shard), { recursive: true })))
    await syncFolder(this.folder)
    await syncFolder(this.settings.dataDir)
  }

  onApplicationShutdown(): void {
    this.writer.letGo()
  }

  /**
   * Streams a body to a new blob; when this returns, a power cut cannot take it back.
   * @param announcedSize what Content-Length or X-WOPI-Size promised
   * @throws BodyTooLarge, BodyIncomplete, StorageFailed, StorageBusy; nothing is left behind then
   */
  async receive(body: AsyncIterable<Buffer>, announcedSize?: number): Promise<StoredBlob> {
    const { maxFileSizeBytes } = this.settings
    if (announcedSize !== undefined && announcedSize > maxFileSizeBytes)
      throw new BodyTooLarge(maxFileSizeBytes)
    await this.mount.require()
    const blob = randomBytes(16).toString('hex')
    return { blob, ...(await this.writer.write(this.pathOf(blob), body, announcedSize)) }
  }

  /**
   * @returns the bytes at once when they are few, else piece by piece (see `readPieces`); the right ones, or an error
   *   before the last of them
   * @throws ContentDamaged when it is missing or short, or changed and small or found so before: before the answer
   *   starts, so that it is a 500 and not a broken download
   */
  async read(content: StoredBlob): Promise<Buffer | AsyncIterable<Buffer>> {
    if (this.checks.damages.has(content.blob)) await this.verify(content)
    const isKnown = this.checks.isGood(content)
    const body = await this.unchecked(content)
    if (isKnown) return body
    return Buffer.isBuffer(body) ? this.checks.whole(content, body) : this.checks.pieces(content, body)
  }

  /** Reads it all and compares. @throws ContentDamaged, StorageFailed */
  async verify(content: StoredBlob): Promise<ContentKind> {
    const body = await this.unchecked(content)
    const sniffer = new KindSniffer()
    if (Buffer.isBuffer(body)) sniffer.update(this.checks.whole(content, body))
    else for await (const piece of this.checks.pieces(content, body)) sniffer.update(piece)
    return sniffer.kind
  }

  /** The same, unless it was done lately. @throws ContentDamaged, StorageFailed */
  async ensureGood(content: StoredBlob): Promise<void> {
    if (!this.checks.isGood(content)) await this.verify(content)
  }

  private async unchecked({ blob, size }: StoredBlob): Promise<Buffer | AsyncIterable<Buffer>> {
    return this.reading(blob, async () => {
      if (isComposite(blob)) return this.readRanges(await this.rangesOf(blob, size), size)
      const path = this.pathOf(blob)
      if (size <= READ_WHOLE_BYTES) return readBeginning(path, Buffer.allocUnsafe(size))
      return (await readAtOnce(path, size)) ?? readOn(path, blob, size)
    })
  }

  /**
   * Where the bytes of a blob or composite lie.
   * @throws ContentDamaged when a composite is not known, or not whole
   */
  async rangesOf(blob: string, size: number): Promise<BlobRange[]> {
    if (!isComposite(blob)) return [{ blob, start: 0, length: size }]
    const ranges = await this.compositeRanges(blob)
    const found = sizeOf(ranges)
    if (found !== size) throw this.checks.damages.add(blob, found === 0 ? 'missing' : 'cut-short')
    return ranges
  }

  /** For ranges of blobs, of which `rangesOf` and the chunk lists tell. */
  opened(): OpenBlobs {
    return new OpenBlobs((blob) => this.pathOf(blob))
  }

  /** Before an answer starts, so that a lost blob is a 500 and not a broken download. @throws ContentDamaged */
  async require(ranges: Iterable<BlobRange>): Promise<void> {
    for (const [blob, end] of endsOf(ranges)) {
      const { size } = await this.reading(blob, () => stat(this.pathOf(blob)))
      if (size < end) throw this.checks.damages.add(blob, 'cut-short')
    }
  }

  private async reading<T>(blob: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.checks.readFailure(blob, error)
    }
  }

  private async compositeRanges(composite: string): Promise<BlobRange[]> {
    const rows = await this.database.query(CONTENT_CHUNKS, [composite])
    return merged(
      rows.map((row) => ({ blob: row.blob, start: Number(row.start), length: Number(row.length) })),
    )
  }

  private async readRanges(
    ranges: readonly BlobRange[],
    size: number,
  ): Promise<Buffer | AsyncIterable<Buffer>> {
    await this.require(ranges)
    const pieces = this.pieces(ranges)
    if (size > READ_WHOLE_BYTES) return pieces
    const copies: Buffer[] = []
    for await (const piece of pieces) copies.push(Buffer.from(piece))
    return Buffer.concat(copies)
  }

  private async *pieces(ranges: readonly BlobRange[]): AsyncGenerator<Buffer, void, undefined> {
    const blobs = this.opened()
    try {
      for (const range of ranges) yield* blobs.pieces(range)
    } finally {
      await blobs.close()
    }
  }

  /** A composite has no file; the collector takes its rows. */
  async remove(blob: string): Promise<void> {
    if (isComposite(blob)) return
    await this.writer.remove(this.pathOf(blob))
  }

  /** All blobs with the time of their writing, shard by shard. @param onOther told of what is no blob of ours, and why */
  list(onOther?: (path: string, why: string) => void): AsyncGenerator<ListedBlob> {
    return listBlobs(this.folder, onOther)
  }

  /** Hash and size of what is really there; undefined when it is missing. */
  async inspect(blob: string): Promise<{ size: number; sha256: string } | undefined> {
    const hash = createHash('sha256')
    let size = 0
    try {
      const pieces = isComposite(blob)
        ? this.pieces(await this.compositeRanges(blob))
        : createReadStream(this.pathOf(blob), { highWaterMark: 1024 ** 2 })
      for await (const chunk of pieces) {
        hash.update(chunk as Buffer)
        size += (chunk as Buffer).length
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      // Reported with what is left of it, as a file that is too short is.
      if (!(error instanceof BlobTooShort)) throw error
    }
    return { size, sha256: hash.digest('hex') }
  }

  /** @throws StorageFailed when a blob cannot be written now; leaves nothing behind */
  async probe(): Promise<void> {
    const { blob } = await this.receive(singleByte())
    await this.remove(blob)
  }

  private pathOf(blob: string): string {
    return blobPath(this.folder, blob)
  }
}

async function readOn(path: string, blob: string, size: number): Promise<AsyncGenerator<Buffer>> {
  const file = await open(path)
  try {
    const { size: found } = await file.stat()
    if (found < size) throw new BlobTooShort(`blob ${blob} has ${found} bytes instead of ${size}`)
    return readPieces(file, size)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* singleByte(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from('.'))
}
