import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import type { FileId } from '../ids/ids.js'
import type { UnusableChunk } from '../incremental/chunk-selection.js'
import { MAIN_CONTENT, type PutChunkedFileRequest } from '../incremental/messages.js'
import { ChunkDamaged } from '../storage/chunks/chunk-hash.js'
import {
  type Composed,
  ContentAssembler,
  type SentChunks,
  type StreamPlan,
} from '../storage/chunks/content-assembler.js'
import { type FileState, StreamService } from '../storage/chunks/stream.service.js'
import type { SessionKey } from '../storage/chunks/upload-session.service.js'
import type { PresentedPut } from './chunked-put-rules.js'
import type { Received } from './incoming-save.js'

/** A PutChunkedFile whose bytes are safely on disk, and of which nothing is decided yet. */
export interface ChunkedContent extends Received {
  readonly message: PutChunkedFileRequest
  readonly sent: SentChunks
  /** The upload session that it commits. */
  readonly session: SessionKey | undefined
  readonly isSessionGone: boolean
}

/** Found and hashed, as of one state of the file. */
export interface PreparedContent {
  readonly state: FileState
  readonly obstacle: PresentedPut['obstacle']
  readonly size: number
  readonly made: readonly Composed[]
}

/** What a PutChunkedFile consists of: chunks that it sent, and others that are stored. */
@Injectable()
export class ChunkedContents {
  constructor(
    private readonly streams: StreamService,
    private readonly assembler: ContentAssembler,
    private readonly settings: Settings,
  ) {}

  /** What the streams would be, for keeping the main content of what is refused; undefined when it cannot be made. */
  async mainContent(fileId: FileId, { message, sent }: ChunkedContent): Promise<Composed | undefined> {
    const state = (await this.streams.state(fileId)) ?? (await this.streams.stateInBin(fileId))
    if (!state) return undefined
    const signatures = message.Signatures.filter(({ StreamId }) => StreamId === MAIN_CONTENT)
    const plan = await this.assembler.plan(signatures, sent, [...state.streams.values()])
    if (plan.unusable) return undefined
    const [stream] = plan.streams
    if (!stream || stream.size > this.settings.maxFileSizeBytes) return undefined
    const made = await unlessDamaged(this.assembler.make(stream, sent.pack))
    return 'id' in made ? undefined : made
  }

  /** Finds and hashes what the put consists of, with no transaction open, as long as it may still be in time. */
  async prepare(
    fileId: FileId,
    sequenceNumber: number,
    { message, sent, isSessionGone }: ChunkedContent,
  ): Promise<PreparedContent | undefined> {
    const state = await this.streams.state(fileId)
    if (!state) return undefined
    const nothing = { state, obstacle: undefined, size: 0, made: [] }
    if (state.sequenceNumber !== sequenceNumber) return nothing
    if (isSessionGone) return { ...nothing, obstacle: 'session-gone' }
    const plan = await this.assembler.plan(message.Signatures, sent, [...state.streams.values()])
    if (plan.unusable) return { ...nothing, obstacle: plan.unusable }
    // Together: each is read once for its hash, and a small body can name one large chunk again and again.
    const size = plan.streams.reduce((sum, stream) => sum + stream.size, 0)
    if (size > this.settings.maxFileSizeBytes) return { ...nothing, size }
    const made: Composed[] = []
    for (const stream of plan.streams.filter(isThere)) {
      const one = await unlessDamaged(this.assembler.make(stream, sent.pack))
      // As if it were not there (check 9): the client is to send it, and what it sends is taken.
      if ('id' in one) return { ...nothing, obstacle: one }
      made.push(one)
    }
    return { ...nothing, size, made }
  }
}

/** A listed alternate stream without a chunk is deleted; the main content is always there (WOPI.md §13.7). */
function isThere({ streamId, chunks }: StreamPlan): boolean {
  return streamId === MAIN_CONTENT || chunks.length > 0
}

async function unlessDamaged(making: Promise<Composed>): Promise<Composed | UnusableChunk> {
  try {
    return await making
  } catch (error) {
    if (!(error instanceof ChunkDamaged)) throw error
    return { id: error.chunk.id, problem: 'damaged' }
  }
}
