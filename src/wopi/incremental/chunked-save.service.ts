import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database, type Tx } from '../../database/database.js'
import type { UnusableChunk } from '../../incremental/chunk-selection.js'
import { MAIN_CONTENT } from '../../incremental/messages.js'
import { LockService, type LockState } from '../../lock/lock.service.js'
import { AccessService, type FileAccess } from '../../permission/access.service.js'
import { ChunkDamaged } from '../../storage/chunks/chunk-hash.js'
import { type Composed, ContentAssembler, type StreamPlan } from '../../storage/chunks/content-assembler.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import { type FileState, StreamService } from '../../storage/chunks/stream.service.js'
import { UploadSessions } from '../../storage/chunks/upload-session.service.js'
import { type ChunkedPutDecision, judgeChunkedPut, type PresentedPut } from './chunked-put-rules.js'
import type { ChunkedPutHeaders } from './chunked-put-headers.js'
import type { ChunkedPut } from './chunked-put.js'
import { RevocationGrace } from '../saves/revocation-grace.service.js'
import type { RightRefusal } from '../saves/save-permission.js'

export interface ChunkedSaved {
  readonly kind: 'saved'
  readonly version: string
  readonly modifiedAt: string
  readonly sequenceNumber: number
  readonly editors: readonly string[]
}

export type ChunkedOutcome =
  | ChunkedSaved
  | { readonly kind: 'no-such-file' | 'too-many-parts' }
  | { readonly kind: 'right-lost'; readonly reason: RightRefusal }
  | {
      readonly kind: 'refused'
      readonly decision: Exclude<ChunkedPutDecision, 'yes'>
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

class TooManyParts extends Error {}

/** The decision about a PutChunkedFile, in the manner of `SaveService`: everything is on disk before it is asked for. */
@Injectable()
export class ChunkedSaveService {
  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly streams: StreamService,
    private readonly assembler: ContentAssembler,
    private readonly sessions: UploadSessions,
    private readonly accesses: AccessService,
    private readonly locks: LockService,
    private readonly audit: AuditService,
    private readonly grace: RevocationGrace,
    private readonly settings: Settings,
  ) {}

  async decide(access: FileAccess, headers: ChunkedPutHeaders, put: ChunkedPut): Promise<ChunkedOutcome> {
    const outcome = await this.judge(access, headers, put, { graced: false })
    if (outcome.kind !== 'right-lost' || outcome.reason !== 'permission-revoked') return outcome
    return (await this.grace.covers(access)) ? this.judge(access, headers, put, { graced: true }) : outcome
  }

  /** What the streams would be, for keeping the main content of what is refused; undefined when it cannot be made. */
  async mainContent(fileId: string, put: ChunkedPut): Promise<Composed | undefined> {
    const state = (await this.streams.state(fileId)) ?? (await this.streams.stateInBin(fileId))
    if (!state) return undefined
    const signatures = put.message.Signatures.filter(({ StreamId }) => StreamId === MAIN_CONTENT)
    const plan = await this.assembler.plan(signatures, put.sent, [...state.streams.values()])
    if (plan.unusable) return undefined
    const [recipe] = plan.streams
    if (!recipe || recipe.size > this.settings.maxFileSizeBytes) return undefined
    const made = await unlessDamaged(this.assembler.make(recipe, put.sent.pack))
    return 'id' in made ? undefined : made
  }

  private async judge(
    access: FileAccess,
    headers: ChunkedPutHeaders,
    put: ChunkedPut,
    how: { readonly graced: boolean },
  ): Promise<ChunkedOutcome> {
    for (;;) {
      const prepared = await this.prepare(access.file.id, headers, put)
      if (!prepared) return { kind: 'no-such-file' }
      const underTheRow = (tx: Tx): Promise<ChunkedOutcome | 'moved'> =>
        this.decideUnderTheRow(tx, access, headers, put, prepared, how)
      try {
        const inTurn = (): Promise<ChunkedOutcome | 'moved'> => this.database.transaction(underTheRow)
        const outcome = await this.database.serializedByFile(access.file.id, inTurn)
        // It names a state that came after the one it was prepared for: prepared again, it can only be that or too late.
        if (outcome !== 'moved') return outcome
      } catch (error) {
        if (error instanceof TooManyParts) return { kind: 'too-many-parts' }
        throw error
      }
    }
  }

  /** Finds and hashes what the put consists of, with no transaction open, as long as it may still be in time. */
  private async prepare(
    fileId: string,
    { sequenceNumber }: ChunkedPutHeaders,
    { message, sent, isSessionGone }: ChunkedPut,
  ): Promise<Prepared | undefined> {
    const state = await this.streams.state(fileId)
    if (!state) return undefined
    if (state.sequenceNumber !== sequenceNumber) return { state, obstacle: undefined, size: 0, made: [] }
    if (isSessionGone) return { state, obstacle: 'session-gone', size: 0, made: [] }
    const plan = await this.assembler.plan(message.Signatures, sent, [...state.streams.values()])
    if (plan.unusable) return { state, obstacle: plan.unusable, size: 0, made: [] }
    const { streams: recipes } = plan
    // Together: each is read once for its hash, and a small body can name one large chunk again and again.
    const size = recipes.reduce((sum, recipe) => sum + recipe.size, 0)
    if (size > this.settings.maxFileSizeBytes) return { state, obstacle: undefined, size, made: [] }
    const made: Composed[] = []
    for (const recipe of recipes.filter(isThere)) {
      const one = await unlessDamaged(this.assembler.make(recipe, sent.pack))
      // As if it were not there (check 9): the client is to send it, and what it sends is taken.
      if ('id' in one) return { state, obstacle: one, size: 0, made: [] }
      made.push(one)
    }
    return { state, obstacle: undefined, size, made }
  }

  private async decideUnderTheRow(
    tx: Tx,
    access: FileAccess,
    headers: ChunkedPutHeaders,
    put: ChunkedPut,
    { state, obstacle, size, made }: Prepared,
    { graced }: { readonly graced: boolean },
  ): Promise<ChunkedOutcome | 'moved'> {
    const head = await this.files.lockHead(tx, access.file.id)
    const held = head && (await this.locks.holdWithCoauth(tx, head.id))
    if (!held) return { kind: 'no-such-file' }
    const right = await this.accesses.mayStillEdit(tx, access)
    if (right !== 'yes' && !(graced && right === 'right-lost'))
      return { kind: 'right-lost', reason: right === 'right-lost' ? 'permission-revoked' : right }

    const { sequenceNumber } = head
    if (sequenceNumber === headers.sequenceNumber && sequenceNumber !== state.sequenceNumber) return 'moved'
    const presented = { ...headers, obstacle, size }
    const file = { ...held, size: head.size, sequenceNumber }
    const decision = judgeChunkedPut(presented, file, this.settings.maxFileSizeBytes)
    if (decision !== 'yes') return { kind: 'refused', decision, wopi: held.wopi, sequenceNumber, obstacle }
    return this.apply(tx, access, headers, put, head, made, graced)
  }

  private async apply(
    tx: Tx,
    access: FileAccess,
    { editors, correlationId }: ChunkedPutHeaders,
    { message, session }: ChunkedPut,
    head: Head,
    made: readonly Composed[],
    graced: boolean,
  ): Promise<ChunkedSaved> {
    const main = made.find(({ streamId }) => streamId === MAIN_CONTENT)
    // As uploaded, even where the bytes are the same: the client goes by the chunks that it was told are stored.
    const content = main ?? head
    const contributors = await this.accesses.knownEditors(tx, head.id, editors)
    const moved = await this.files.commitChunked(tx, head, content, {
      author: access.user.id,
      editors: contributors,
      ...(graced ? { flag: 'edits-by-revoked-user' } : {}),
      correlationId,
    })
    const put = made.filter(({ streamId }) => streamId !== MAIN_CONTENT)
    const gone = message.Signatures.filter(
      ({ StreamId, ChunkSignatures }) => StreamId !== MAIN_CONTENT && ChunkSignatures.length === 0,
    ).map(({ StreamId }) => StreamId)
    const properties = message.ContentProperties
    if (!(await this.streams.change(tx, head.id, { put, gone, properties }))) throw new TooManyParts()
    if (session) await this.sessions.end(tx, session.token)
    await this.audit.record(tx, {
      actor: access.user.id,
      action: 'save',
      objectId: head.id,
      outcome: graced ? 'done-in-grace' : 'done',
      correlationId,
      detail: { version: moved.version, sha256: content.sha256 },
    })
    return { kind: 'saved', ...moved, editors: contributors }
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
