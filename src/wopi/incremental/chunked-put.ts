import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import type { FileId } from '../../ids/ids.js'
import type { ChunkId } from '../../incremental/chunk-id.js'
import { type Frame, readFrames } from '../../incremental/frame-reader.js'
import {
  parseMessage,
  putChunkedFileRequest,
  type PutChunkedFileRequest,
} from '../../incremental/messages.js'
import type { ChunkedContent } from '../../saving/chunked-content.js'
import { ReceivedBlobs } from '../../saving/received-blob.js'
import type { BlobRange, OpenBlobs } from '../../storage/blobs/blob-ranges.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import type { PlacedChunk } from '../../storage/chunks/chunk-checks.js'
import { ChunkLists } from '../../storage/chunks/chunk-lists.js'
import { unlessStored } from '../../storage/chunks/unless-stored.js'
import { ContentDamaged } from '../../storage/storage-errors.js'
import { StreamService } from '../../storage/chunks/stream.service.js'
import { type SessionKey, UploadSessions } from '../../storage/chunks/upload-session.service.js'
import { frameLimits, framesOf, refusalOf } from './frames-body.js'
import type { WopiRequest } from '../protocol/operation.js'

/** Where the bytes of a chunk that came lie: in the new blob, or where the file has them already. */
type Part = { readonly start: number; readonly length: number } | PlacedChunk

/** Takes the body of PutChunkedFile in: all new chunks that come go into one new blob, one after the other. */
@Injectable()
export class ChunkedPuts {
  constructor(
    private readonly blobs: BlobStore,
    private readonly received: ReceivedBlobs,
    private readonly sessions: UploadSessions,
    private readonly streams: StreamService,
    private readonly lists: ChunkLists,
    private readonly settings: Settings,
  ) {}

  /** @throws WopiError, BodyTooLarge, BodyIncomplete, StorageFailed; no blob is left behind then */
  async receive(request: WopiRequest): Promise<ChunkedContent> {
    const limits = frameLimits(this.settings.maxFileSizeBytes)
    const frames = framesOf(request, 'message-and-chunks', limits)
    try {
      const first = await frames.next()
      const value = first.done !== true && first.value.kind === 'message' ? first.value.value : undefined
      const message = parseMessage(putChunkedFileRequest, value)
      const token = message.UploadSessionTokenToCommit
      const { access } = request
      const session =
        token === undefined ? undefined : { token, fileId: access.file.id, userId: access.user.id }
      const earlier = session && (await this.receivedBefore(session))
      const stored = await this.storedAlready(access.file.id, message)
      const packed = await this.pack([...(earlier ? [this.framesOfSession(earlier)] : []), frames], stored)
      return { ...packed, message, session, isSessionGone: session !== undefined && earlier === undefined }
    } catch (error) {
      throw refusalOf(error)
    } finally {
      await frames.return()
    }
  }

  /** What the storage has lost of it has to come again: the client begins another session (WOPI.md §13.9). */
  private async receivedBefore(session: SessionKey): Promise<readonly BlobRange[] | undefined> {
    const ranges = await this.sessions.ranges(session)
    try {
      await this.blobs.require(ranges ?? [])
      return ranges
    } catch (error) {
      if (error instanceof ContentDamaged) return undefined
      throw error
    }
  }

  private async storedAlready(
    fileId: FileId,
    { Signatures }: PutChunkedFileRequest,
  ): Promise<ReadonlyMap<ChunkId, PlacedChunk>> {
    const state = await this.streams.state(fileId)
    const ids = new Set(
      Signatures.flatMap(({ ChunkSignatures }) => ChunkSignatures.map(({ ChunkId: id }) => id)),
    )
    return this.lists.findRemembered([...(state?.streams.values() ?? [])], [...ids])
  }

  /** Chunk frames and nothing else, which need not begin where a part does (WOPI.md §13.9). */
  private framesOfSession(ranges: readonly BlobRange[]): AsyncGenerator<Frame, void, undefined> {
    return readFrames(this.copies(ranges), 'chunks', frameLimits(this.settings.maxFileSizeBytes))
  }

  /** The writer holds on to some pieces, so that each needs memory of its own. */
  private async *copies(ranges: readonly BlobRange[]): AsyncGenerator<Buffer, void, undefined> {
    const open = this.blobs.opened()
    try {
      for (const range of ranges) for await (const piece of open.pieces(range)) yield Buffer.from(piece)
    } finally {
      await open.close()
    }
  }

  private async pack(
    sources: readonly AsyncIterable<Frame>[],
    stored: ReadonlyMap<ChunkId, PlacedChunk>,
  ): Promise<Pick<ChunkedContent, 'blob' | 'sent'>> {
    const parts = new Map<ChunkId, Part>()
    const open = this.blobs.opened()
    try {
      const pieces = newPayloads(sources, parts, stored, open)
      const first = await pieces.next()
      const received =
        first.done === true ? undefined : await this.received.receive(continued(first.value, pieces))
      const pack = received?.content
      const blob = pack?.blob ?? ''
      const chunks = [...parts].map(([id, part]) => [id, { id, blob, ...part }] as const)
      return { blob: received, sent: { pack, chunks: new Map(chunks) } }
    } finally {
      await open.close()
    }
  }
}

/** @param parts gets where each chunk lies; one that came in the upload session, too, counts once */
async function* newPayloads(
  sources: readonly AsyncIterable<Frame>[],
  parts: Map<ChunkId, Part>,
  stored: ReadonlyMap<ChunkId, PlacedChunk>,
  open: OpenBlobs,
): AsyncGenerator<Buffer, void, undefined> {
  let start = 0
  for (const frames of sources) {
    for await (const frame of frames) {
      if (frame.kind !== 'chunk' || parts.has(frame.id)) continue
      const { id, length, payload } = frame
      const known = stored.get(id)
      const mayBeThere = known !== undefined && known.length === length && length > 0
      if (mayBeThere && !(yield* unlessStored(payload, known, open))) {
        parts.set(id, known)
        continue
      }
      if (!mayBeThere) yield* payload
      parts.set(id, { start, length })
      start += length
    }
  }
}

async function* continued(
  first: Buffer,
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  yield first
  yield* rest
}
