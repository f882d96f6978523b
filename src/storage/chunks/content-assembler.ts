import { Injectable } from '@nestjs/common'
import type { ChunkId } from '../../incremental/chunk-id.js'
import { type UnusableChunk, unusableChunk } from '../../incremental/chunk-selection.js'
import { chunkStream, partition } from '../../incremental/chunking.js'
import type { StreamSignature } from '../../incremental/messages.js'
import { type BlobRange, merged, type OpenBlobs, rangesSource, sizeOf } from '../blobs/blob-ranges.js'
import { BlobStore, type StoredBlob } from '../blobs/blob-store.js'
import { disk } from '../blobs/blob-writer.js'
import type { PlacedChunk } from './chunk-checks.js'
import { hashOfChunks } from './chunk-hash.js'
import { type ChunkList, ChunkLists } from './chunk-lists.js'
import { newComposite } from './composite.js'

/** Chunks that came with a request: ranges of one blob that holds them all; undefined when none came. */
export interface SentChunks {
  readonly pack: StoredBlob | undefined
  readonly chunks: ReadonlyMap<ChunkId, PlacedChunk>
}

/** A stream as it shall be. */
export interface StreamPlan {
  readonly streamId: string
  readonly scheme: StreamSignature['ChunkingScheme']
  readonly chunks: readonly PlacedChunk[]
  readonly size: number
}

/** `unusable` is the first chunk that is nowhere, or of another length (WOPI.md §13.7, check 9). */
export type Plan =
  | { readonly streams: readonly StreamPlan[]; readonly unusable?: never }
  | { readonly unusable: UnusableChunk }

export interface Composed extends StoredBlob {
  readonly streamId: string
}

/** Makes contents out of chunks that are stored already. Like a blob, what is made here is nobody's until it is committed. */
@Injectable()
export class ContentAssembler {
  constructor(
    private readonly lists: ChunkLists,
    private readonly blobs: BlobStore,
  ) {}

  /**
   * Finds every chunk: among those sent, which are what the client means, or else in the file's present contents.
   */
  async plan(
    signatures: readonly StreamSignature[],
    sent: SentChunks,
    contents: readonly StoredBlob[],
  ): Promise<Plan> {
    const missing = new Set<ChunkId>()
    for (const { ChunkSignatures } of signatures) {
      for (const { ChunkId: id } of ChunkSignatures) if (!sent.chunks.has(id)) missing.add(id)
    }
    const stored = await this.lists.find(contents, [...missing])
    const placeOf = (id: ChunkId): PlacedChunk | undefined => sent.chunks.get(id) ?? stored.get(id)
    const unusable = unusableChunk(signatures, (id) => placeOf(id)?.length)
    if (unusable) return { unusable }
    const recipes = signatures.map(({ StreamId: streamId, ChunkingScheme: scheme, ChunkSignatures }) => {
      const chunks = ChunkSignatures.flatMap(({ ChunkId: id }) => placeOf(id) ?? [])
      return { streamId, scheme, chunks, size: sizeOf(chunks) }
    })
    return { streams: recipes }
  }

  /**
   * Reads the content once, for its hash, which is that of what the client means and of nothing else: each chunk is
   * compared with its id on the way. Only then is it looked into.
   * @param pack which is the content itself when that is all it consists of
   * @throws ChunkDamaged, StorageFailed
   */
  async make(
    { streamId, scheme, chunks, size }: StreamPlan,
    pack: StoredBlob | undefined,
  ): Promise<Composed> {
    const ranges = merged(chunks)
    const open = this.blobs.opened()
    try {
      const content = consistsOf(ranges, pack) ?? {
        blob: newComposite(),
        size,
        ...(await hashOfChunks(this.blobs, open, chunks)),
      }
      const { list, known } = await disk(() => this.listOf({ scheme, chunks }, size, open))
      await this.lists.remember(content, list, known)
      // What it consists of is protected by what was remembered from now on: was any of it collected just before?
      await this.blobs.require(ranges)
      return { streamId, ...content }
    } finally {
      await open.close()
    }
  }

  /**
   * The list as it was uploaded; only the content decides on its scheme (WOPI.md §13.4). A zip archive that came as one
   * chunk is cut after all, since a client that asks for it is told Zip; its one chunk stays known.
   */
  private async listOf(
    { scheme, chunks }: ChunkList,
    size: number,
    open: OpenBlobs,
  ): Promise<{ list: ChunkList; known: PlacedChunk[] }> {
    if (size === 0) return { list: { scheme: 'FullFile', chunks: [] }, known: [] }
    const source = rangesSource(open, merged(chunks))
    const [whole] = chunks.filter(({ length }) => length > 0)
    if (scheme === 'Zip' || !whole || whole.length < size) {
      return { list: { scheme: (await partition(source)).scheme, chunks }, known: [] }
    }
    const cut = await chunkStream(source)
    if (cut.scheme === 'FullFile') return { list: { scheme: 'FullFile', chunks }, known: [] }
    const parts = cut.chunks.map(({ id, offset, length }) => ({
      id,
      blob: whole.blob,
      start: whole.start + offset,
      length,
    }))
    return { list: { scheme: 'Zip', chunks: parts }, known: [whole] }
  }
}

/** The pack, when it is the content, byte for byte. */
function consistsOf(ranges: readonly BlobRange[], pack: StoredBlob | undefined): StoredBlob | undefined {
  const [only] = ranges
  if (ranges.length !== 1 || only?.blob !== pack?.blob || only?.length !== pack?.size) return undefined
  return pack
}
