import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import type { ChunkId } from '../incremental/chunk-id.js'
import { type Frame, readFrames } from '../incremental/frame-reader.js'
import { parseMessage, putChunkedFileRequest, type PutChunkedFileRequest } from '../incremental/messages.js'
import type { BlobRange } from '../storage/blob-ranges.js'
import { BlobStore } from '../storage/blob-store.js'
import type { SentChunks } from '../storage/composer.js'
import { type SessionKey, UploadSessions } from '../storage/upload-session.service.js'
import { frameLimits, framesOf, refusalOf } from './frames-body.js'
import type { WopiRequest } from './operation.js'

/** A PutChunkedFile whose bytes are safely on disk, and of which nothing is decided yet. */
export interface ChunkedPut {
  readonly message: PutChunkedFileRequest
  readonly sent: SentChunks
  /** The upload session that it commits. */
  readonly session: SessionKey | undefined
  readonly isSessionGone: boolean
}

interface Part {
  readonly start: number
  readonly length: number
}

/** Takes the body of PutChunkedFile in: all chunks that come go into one new blob, one after the other. */
@Injectable()
export class ChunkedPuts {
  constructor(
    private readonly blobs: BlobStore,
    private readonly sessions: UploadSessions,
    private readonly settings: Settings,
  ) {}

  /** @throws WopiError, BodyTooLarge, BodyIncomplete, StorageFailed; no blob is left behind then */
  async receive(request: WopiRequest): Promise<ChunkedPut> {
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
      const earlier = session && (await this.sessions.ranges(session))
      const sent = await this.pack([...(earlier ? [this.framesOfSession(earlier)] : []), frames])
      return { message, sent, session, isSessionGone: session !== undefined && earlier === undefined }
    } catch (error) {
      throw refusalOf(error)
    } finally {
      await frames.return()
    }
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

  private async pack(sources: readonly AsyncIterable<Frame>[]): Promise<SentChunks> {
    const parts = new Map<ChunkId, Part>()
    const pieces = payloads(sources, parts)
    const first = await pieces.next()
    const pack = first.done === true ? undefined : await this.blobs.receive(continued(first.value, pieces))
    const blob = pack?.blob ?? ''
    const chunks = [...parts].map(([id, part]) => [id, { id, blob, ...part }] as const)
    return { pack, chunks: new Map(chunks) }
  }
}

/** @param parts gets where each chunk begins; one that came in the upload session, too, counts once */
async function* payloads(
  sources: readonly AsyncIterable<Frame>[],
  parts: Map<ChunkId, Part>,
): AsyncGenerator<Buffer, void, undefined> {
  let start = 0
  for (const frames of sources) {
    for await (const frame of frames) {
      if (frame.kind !== 'chunk' || parts.has(frame.id)) continue
      const { id, length, payload } = frame
      yield* payload
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
