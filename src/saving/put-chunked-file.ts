import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import type { Tx } from '../database/database.js'
import type { UnusableChunk } from '../incremental/chunk-selection.js'
import { MAIN_CONTENT, type PutChunkedFileRequest } from '../incremental/messages.js'
import { LockService, type LockState } from '../lock/lock.service.js'
import { AccessService, type FileAccess } from '../permission/access.service.js'
import { ChunkDamaged } from '../storage/chunks/chunk-hash.js'
import {
  type Composed,
  ContentAssembler,
  type SentChunks,
  type StreamPlan,
} from '../storage/chunks/content-assembler.js'
import { type FileState, StreamService } from '../storage/chunks/stream.service.js'
import { type SessionKey, UploadSessions } from '../storage/chunks/upload-session.service.js'
import { type ChunkedPutDecision, judgeChunkedPut, type PresentedPut } from './chunked-put-rules.js'
import { FileWrites, type HeldFile, type NextVersion, type Verdict, type WriteOutcome } from './file-write.js'
import type { Received, SaveTerms } from './incoming-save.js'
import type { Refused, Saved } from './save-outcome.js'
import { refusedFor, type RightRefused } from './save-permission.js'

/** A PutChunkedFile whose bytes are safely on disk, and of which nothing is decided yet. */
export interface ChunkedContent extends Received {
  readonly message: PutChunkedFileRequest
  readonly sent: SentChunks
  /** The upload session that it commits. */
  readonly session: SessionKey | undefined
  readonly isSessionGone: boolean
}

export interface ChunkedHeaders {
  readonly lockId: string | undefined
  readonly coauthLockId: string | undefined
  readonly sequenceNumber: number
  readonly editors: readonly string[]
  readonly correlationId: string
}

export interface ChunkedSave {
  readonly access: FileAccess
  readonly headers: ChunkedHeaders
  readonly put: ChunkedContent
  readonly terms: SaveTerms
}

export type ChunkedOutcome = ChunkedSaved | ChunkedRefused | RightRefused

export interface ChunkedSaved extends Omit<Saved, 'returned'> {
  readonly sequenceNumber: number
}

export interface ChunkedRefused extends Refused {
  readonly decision: Exclude<ChunkedPutDecision, 'yes'> | 'too-many-parts'
  readonly wopi: LockState
  readonly sequenceNumber: number
  /** What is in the way when the chunks are. */
  readonly obstacle: PresentedPut['obstacle']
}

interface Prepared {
  readonly state: FileState
  readonly obstacle: PresentedPut['obstacle']
  readonly size: number
  readonly made: readonly Composed[]
}

/** In the middle of a transaction, which is rolled back. */
class TooManyParts extends Error {
  constructor(readonly held: HeldFile) {
    super('too many streams, properties or chunks')
  }
}

type ChunkedWriteOutcome = WriteOutcome<ChunkedRefused | 'moved', readonly string[]>

/** PutChunkedFile: judged by the table of WOPI.md §13.7; some streams and properties, whose chunks are stored. */
@Injectable()
export class ChunkedSaves {
  constructor(
    private readonly writes: FileWrites,
    private readonly streams: StreamService,
    private readonly assembler: ContentAssembler,
    private readonly sessions: UploadSessions,
    private readonly accesses: AccessService,
    private readonly locks: LockService,
    private readonly settings: Settings,
  ) {}

  async save(save: ChunkedSave): Promise<ChunkedOutcome> {
    for (;;) {
      const prepared = await this.prepare(save)
      if (!prepared) return refusedFor('file-deleted')
      const outcome = await this.write(save, prepared)
      switch (outcome.kind) {
        case 'written': {
          const { version, modifiedAt, sequenceNumber } = outcome.head
          return { kind: 'saved', version, modifiedAt, sequenceNumber, editors: outcome.said }
        }
        case 'refused':
          // It names a state that came after the one it was prepared for: prepared again, it can only be that or too late.
          if (outcome.refusal === 'moved') continue
          return outcome.refusal
        case 'right-refused':
          return outcome
        case 'no-such-file':
          return refusedFor('file-deleted')
      }
    }
  }

  /** What the streams would be, for keeping the main content of what is refused; undefined when it cannot be made. */
  async mainContent(fileId: string, { message, sent }: ChunkedContent): Promise<Composed | undefined> {
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
  private async prepare({ access, headers, put }: ChunkedSave): Promise<Prepared | undefined> {
    const { message, sent, isSessionGone } = put
    const state = await this.streams.state(access.file.id)
    if (!state) return undefined
    const nothing = { state, obstacle: undefined, size: 0, made: [] }
    if (state.sequenceNumber !== headers.sequenceNumber) return nothing
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

  private async write(save: ChunkedSave, prepared: Prepared): Promise<ChunkedWriteOutcome> {
    const { access, headers, put, terms } = save
    try {
      return await this.writes.write<ChunkedRefused | 'moved', readonly string[]>({
        fileId: access.file.id,
        right: { of: 'token', access, terms },
        correlationId: headers.correlationId,
        received: put.blob,
        judge: (tx, held) => this.judge(tx, save, prepared, held),
      })
    } catch (error) {
      if (!(error instanceof TooManyParts)) throw error
      const { head, lock } = error.held
      const refusal = refused('too-many-parts', lock, head.sequenceNumber, undefined)
      return { kind: 'refused', refusal }
    }
  }

  private async judge(
    tx: Tx,
    save: ChunkedSave,
    { state, obstacle, size, made }: Prepared,
    held: HeldFile,
  ): Promise<Verdict<ChunkedRefused | 'moved', readonly string[]>> {
    const { head } = held
    const { headers } = save
    const { sequenceNumber } = head
    if (sequenceNumber === headers.sequenceNumber && sequenceNumber !== state.sequenceNumber)
      return { kind: 'refused', refusal: 'moved' }
    const locks = await this.locks.oneByOne(tx, head.id, held.lock)
    const file = { ...locks, size: head.size, sequenceNumber }
    const decision = judgeChunkedPut({ ...headers, obstacle, size }, file, this.settings.maxFileSizeBytes)
    if (decision !== 'yes')
      return { kind: 'refused', refusal: refused(decision, locks.wopi, sequenceNumber, obstacle) }
    const editors = await this.accesses.knownEditors(tx, head.id, headers.editors)
    return { kind: 'write', said: editors, next: this.next(save, made, held, editors) }
  }

  private next(
    { put, terms }: ChunkedSave,
    made: readonly Composed[],
    held: HeldFile,
    editors: readonly string[],
  ): NextVersion {
    const main = made.find(({ streamId }) => streamId === MAIN_CONTENT)
    // As uploaded, even where the bytes are the same: the client goes by the chunks that it was told are stored.
    const { blob, size, sha256, kind } = main ?? { ...held.head, kind: undefined }
    return {
      content: { blob, size, sha256, ...(kind && { kind }) },
      editors,
      cause: 'chunked',
      ...(terms.graced && { flag: 'edits-by-revoked-user' }),
      audit: { action: 'save', outcome: terms.graced ? 'done-in-grace' : 'done', detail: { sha256 } },
      alongside: (tx) => this.changeStreams(tx, put, made, held),
    }
  }

  private async changeStreams(
    tx: Tx,
    { message, session }: ChunkedContent,
    made: readonly Composed[],
    held: HeldFile,
  ): Promise<void> {
    const put = made.filter(({ streamId }) => streamId !== MAIN_CONTENT)
    const gone = message.Signatures.filter(
      ({ StreamId, ChunkSignatures }) => StreamId !== MAIN_CONTENT && ChunkSignatures.length === 0,
    ).map(({ StreamId }) => StreamId)
    const properties = message.ContentProperties
    if (!(await this.streams.change(tx, held.head.id, { put, gone, properties })))
      throw new TooManyParts(held)
    if (session) await this.sessions.end(tx, session.token)
  }
}

function refused(
  decision: ChunkedRefused['decision'],
  wopi: LockState,
  sequenceNumber: number,
  obstacle: PresentedPut['obstacle'],
): ChunkedRefused {
  return { kind: 'refused', reason: reasonToKeep(decision), decision, wopi, sequenceNumber, obstacle }
}

/**
 * Clients take up a coauth lock, or the newer state, and send the same work again: nothing to keep. Whoever meets
 * another's lock may be shut out for good.
 */
function reasonToKeep(decision: ChunkedRefused['decision']): ChunkedRefused['reason'] {
  switch (decision) {
    case 'foreign-lock':
    case 'wopi-lock':
    case 'coauth-exclusive-lock':
      return 'lock-mismatch'
    case 'not-locked':
      return 'not-locked'
    default:
      return undefined
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
