import { type ChunkId, chunkIdFrom } from '../../incremental/chunk-id.js'
import { SpookyHash } from '../../incremental/spooky-hash.js'
import type { BlobRange, OpenBlobs } from '../blobs/blob-ranges.js'
import { drained } from '../blobs/blob-reader.js'
import { CheckedLately } from '../blobs/checked-lately.js'
import type { ContentChecks } from '../blobs/content-checks.js'
import type { ContentDamaged } from '../storage-errors.js'

/** A chunk, and where its bytes lie. */
export interface PlacedChunk extends BlobRange {
  readonly id: ChunkId
}

/** The same for chunks: each is compared with its id, which came from the client, before its last byte is handed out. */
export class ChunkChecks {
  readonly #lately = new CheckedLately()

  constructor(private readonly checks: ContentChecks) {}

  isGood(chunk: PlacedChunk): boolean {
    return this.#lately.has(keyOf(chunk))
  }

  good(chunk: PlacedChunk): void {
    this.#lately.add(keyOf(chunk))
  }

  damaged(chunk: PlacedChunk): ContentDamaged {
    this.#lately.forget(keyOf(chunk))
    return this.checks.damages.add(chunk.blob, 'changed')
  }

  /** Reads it whole, unless that was done lately. @throws ContentDamaged, StorageFailed */
  async check(open: OpenBlobs, chunk: PlacedChunk): Promise<void> {
    if (this.isGood(chunk)) return
    await drained(this.whole(open, chunk))
  }

  /** A part of it, or all. @throws ContentDamaged, StorageFailed */
  async *pieces(
    open: OpenBlobs,
    chunk: PlacedChunk,
    { offset, length }: { readonly offset: number; readonly length: number },
  ): AsyncGenerator<Buffer, void, undefined> {
    if (!this.isGood(chunk) && length === chunk.length) {
      yield* this.whole(open, chunk)
      return
    }
    await this.check(open, chunk)
    yield* this.#read(open, { blob: chunk.blob, start: chunk.start + offset, length })
  }

  private async *whole(open: OpenBlobs, chunk: PlacedChunk): AsyncGenerator<Buffer, void, undefined> {
    const hash = new SpookyHash()
    let size = 0
    for await (const piece of this.#read(open, chunk)) {
      hash.update(piece)
      size += piece.length
      if (size === chunk.length) {
        if (chunkIdFrom(hash.digest()) !== chunk.id) throw this.damaged(chunk)
        this.good(chunk)
      }
      yield piece
    }
  }

  async *#read(open: OpenBlobs, range: BlobRange): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* open.pieces(range)
    } catch (error) {
      throw this.checks.readFailure(range.blob, error)
    }
  }
}

function keyOf({ id, blob, start }: PlacedChunk): string {
  return `${id}${blob}${start}`
}
