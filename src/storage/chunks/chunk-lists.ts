import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { type ChunkId, EMPTY_CHUNK_ID } from '../../incremental/chunk-id.js'
import { type ChunkingScheme, chunkStream } from '../../incremental/chunking.js'
import { rangesSource } from '../blobs/blob-ranges.js'
import { BlobStore, type StoredBlob } from '../blobs/blob-store.js'
import type { PlacedChunk } from './chunk-checks.js'
import { CONTENT, CONTENT_CHUNKS, FIND_CHUNKS, REMEMBER_CHUNKS, type ChunkRow } from './chunk.statements.js'
import { disk } from '../blobs/blob-writer.js'
import { isComposite } from './composite.js'
import { ContentDamaged } from '../storage-errors.js'

export interface ChunkList {
  readonly scheme: ChunkingScheme
  readonly chunks: readonly PlacedChunk[]
}

/** Nothing is read for it. */
const EMPTY: PlacedChunk = { id: EMPTY_CHUNK_ID, blob: '', start: 0, length: 0 }

/** Which chunks a content consists of (WOPI.md §13.4). */
@Injectable()
export class ChunkLists {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
  ) {}

  /** As it was uploaded; for what PutFile brought, worked out when first asked for, and remembered. */
  async of(content: StoredBlob): Promise<ChunkList> {
    // The documented form, however it was uploaded (WOPI.md §13.4).
    if (content.size === 0) return { scheme: 'FullFile', chunks: [EMPTY] }
    return (await this.remembered(content.blob)) ?? (await this.workOut(content))
  }

  /**
   * Where the chunks of these ids lie, as far as one of the contents has them. One that is damaged has none as long as
   * they are not known: the client is asked for them, and can mend it so.
   */
  async find(contents: readonly StoredBlob[], ids: readonly ChunkId[]): Promise<Map<ChunkId, PlacedChunk>> {
    for (const content of ids.length > 0 ? contents : []) {
      if (isComposite(content.blob)) continue
      try {
        await this.of(content)
      } catch (error) {
        if (!(error instanceof ContentDamaged)) throw error
      }
    }
    return this.findRemembered(contents, ids)
  }

  /** The same without working anything out: of a content that nobody has asked for yet, nothing is known. */
  async findRemembered(
    contents: readonly Pick<StoredBlob, 'blob'>[],
    ids: readonly ChunkId[],
  ): Promise<Map<ChunkId, PlacedChunk>> {
    const places = new Map<ChunkId, PlacedChunk>([[EMPTY_CHUNK_ID, EMPTY]])
    if (ids.length === 0) return places
    const rows = await this.database.query(FIND_CHUNKS, [contents.map(({ blob }) => blob), ids])
    for (const row of rows) places.set(row.chunk_id as ChunkId, placeOf(row))
    return places
  }

  /** @param known chunks that may be named again, but that the list does not consist of */
  async remember(
    { blob, size }: Pick<StoredBlob, 'blob' | 'size'>,
    { scheme, chunks }: ChunkList,
    known: readonly PlacedChunk[] = [],
  ): Promise<void> {
    const rows = [...known, ...chunks]
    await this.database.query(REMEMBER_CHUNKS, [
      blob,
      scheme,
      size,
      rows.map((_, index) => index - known.length),
      rows.map(({ id }) => id),
      rows.map((row) => row.blob),
      rows.map(({ start }) => start),
      rows.map(({ length }) => length),
    ])
  }

  private async remembered(blob: string): Promise<ChunkList | undefined> {
    const [content] = await this.database.query(CONTENT, [blob])
    if (content) {
      const rows = await this.database.query(CONTENT_CHUNKS, [blob])
      return { scheme: content.scheme, chunks: rows.map(placeOf) }
    }
    if (isComposite(blob)) throw this.blobs.checks.damages.add(blob, 'missing')
    return undefined
  }

  /** Of what was saved, and of nothing else: these ids are what every later save of it is compared with. */
  private async workOut(content: StoredBlob): Promise<ChunkList> {
    const { blob, size } = content
    await this.blobs.ensureGood(content)
    const ranges = [{ blob, start: 0, length: size }]
    const open = this.blobs.opened()
    try {
      const { scheme, chunks } = await disk(() => chunkStream(rangesSource(open, ranges)))
      const list = {
        scheme,
        chunks: chunks.map(({ id, offset, length }) => ({ id, blob, start: offset, length })),
      }
      await this.remember({ blob, size }, list)
      return list
    } finally {
      await open.close()
    }
  }
}

function placeOf({ chunk_id: id, blob, start, length }: ChunkRow): PlacedChunk {
  return { id: id as ChunkId, blob, start: Number(start), length: Number(length) }
}
