import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import type { Tx } from '../database/database.js'
import type { LockId } from '../ids/ids.js'
import { MAIN_CONTENT } from '../incremental/messages.js'
import { LockService } from '../lock/lock.service.js'
import type { LockState } from '../lock/lock-state.js'
import { AccessService, type FileAccess } from '../permission/access.service.js'
import type { Composed } from '../storage/chunks/content-assembler.js'
import { StreamService } from '../storage/chunks/stream.service.js'
import { UploadSessions } from '../storage/chunks/upload-session.service.js'
import { type ChunkedContent, ChunkedContents, type PreparedContent } from './chunked-content.js'
import { type ChunkedPutDecision, judgeChunkedPut, type PresentedPut } from './chunked-put-rules.js'
import { FileWrites, type HeldFile, type NextVersion, type Verdict, type WriteOutcome } from './file-write.js'
import type { SaveTerms } from './incoming-save.js'
import type { Refused, Saved } from './save-outcome.js'
import { refusedFor, type RightRefused } from './save-permission.js'

export interface ChunkedHeaders {
  readonly lockId: LockId | undefined
  readonly coauthLockId: LockId | undefined
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
    private readonly contents: ChunkedContents,
    private readonly sessions: UploadSessions,
    private readonly accesses: AccessService,
    private readonly locks: LockService,
    private readonly settings: Settings,
  ) {}

  async save(save: ChunkedSave): Promise<ChunkedOutcome> {
    for (;;) {
      const { access, headers, put } = save
      const prepared = await this.contents.prepare(access.file.id, headers.sequenceNumber, put)
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

  private async write(save: ChunkedSave, prepared: PreparedContent): Promise<ChunkedWriteOutcome> {
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
    { state, obstacle, size, made }: PreparedContent,
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
    { put }: ChunkedSave,
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
      audit: { action: 'save', detail: { sha256 } },
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
