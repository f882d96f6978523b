import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { AuditService } from '../../audit/audit.service.js'
import { Database, type Tx } from '../../database/database.js'
import { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { LockService } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { BlobStore, type StoredBlob } from '../../storage/blobs/blob-store.js'
import { numberedName } from '../../storage/files/file-name.js'
import { FileService } from '../../storage/files/file.service.js'
import { NameTaken } from '../../storage/storage-errors.js'
import { conflictAnswer } from '../locks/lock-answer.js'
import type { Target } from '../protocol/target-name.js'
import { encodeUtf7 } from '../protocol/utf7.js'
import { WopiError } from '../protocol/wopi-error.js'

export interface NewFileRequest {
  readonly request: IncomingMessage
  readonly userId: string
  readonly containerId: string
  readonly target: Target
  /** Asks again for the right to put a file here, behind the row that the answer may have to wait for. */
  readonly stillMay: (tx: Tx) => Promise<void>
  /** Called once it is clear that the content is wanted. */
  readonly receive: () => Promise<StoredBlob>
  /** For the audit. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** Puts a file under a suggested or an exact name: what PutRelativeFile and CreateChildFile share (WOPI.md §8.1, §9.4). */
@Injectable()
export class NewFiles {
  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly blobs: BlobStore,
    private readonly locks: LockService,
    private readonly accesses: AccessService,
    private readonly audit: AuditService,
  ) {}

  /** @returns the file, or the 409 of a name or lock in the way */
  async put(wanted: NewFileRequest): Promise<{ id: string; name: string } | Answer> {
    const { target, containerId } = wanted
    if (target.mode === 'exact') {
      const taken = await this.files.findByName(containerId, target.name)
      if (taken !== undefined && !target.overwrite) return this.takenAnswer(containerId, target.name)
      if (taken !== undefined) return this.overwrite(wanted, taken)
    }
    return this.create(wanted, await wanted.receive())
  }

  private async create(
    { request, userId, containerId, target, stillMay, detail }: NewFileRequest,
    content: StoredBlob,
  ): Promise<{ id: string; name: string } | Answer> {
    const file = {
      containerId,
      name: target.name,
      owner: userId,
      content,
      correlationId: correlationId(request),
    }
    try {
      return await this.database.transaction(async (tx) => {
        await stillMay(tx)
        const head =
          target.mode === 'exact'
            ? await this.files.create(tx, file)
            : await this.files.createNumbered(tx, file)
        await this.audit.record(tx, {
          actor: file.owner,
          action: 'file-created',
          objectId: head.id,
          outcome: 'done',
          correlationId: file.correlationId,
          detail: { name: head.name, ...detail },
        })
        return { id: head.id, name: head.name }
      })
    } catch (error) {
      // After any other error the commit may have happened all the same; then the blob is the document.
      if (error instanceof NameTaken || error instanceof WopiError) await this.blobs.remove(content.blob)
      if (!(error instanceof NameTaken)) throw error
      return this.takenAnswer(containerId, target.name)
    }
  }

  /** The overwritten file keeps its id, its history and whoever has it open. */
  private async overwrite(
    { request, userId, stillMay, receive, detail }: NewFileRequest,
    fileId: string,
  ): Promise<{ id: string; name: string } | Answer> {
    await this.requireEditor(userId, fileId)
    const content = await receive()
    const commit = async (tx: Tx): Promise<{ conflict: Answer } | { name: string }> => {
      await stillMay(tx)
      const head = await this.files.lockHead(tx, fileId)
      const lock = await this.locks.hold(tx, fileId)
      if (!head || !lock) throw new WopiError('no-such-file', 'the file to overwrite was deleted meanwhile')
      await this.requireEditor(userId, fileId, tx)
      if (lock.kind !== 'none') return { conflict: conflictAnswer(lock) }
      const correlation = correlationId(request)
      const { version } = await this.files.commit(tx, head, content, {
        author: userId,
        editors: [],
        cause: 'save',
        correlationId: correlation,
      })
      await this.audit.record(tx, {
        actor: userId,
        action: 'save',
        objectId: fileId,
        outcome: 'done',
        correlationId: correlation,
        detail: { version, ...detail },
      })
      return { name: head.name }
    }
    const outcome = await this.database.transaction(commit).catch(async (error: unknown) => {
      if (error instanceof WopiError) await this.blobs.remove(content.blob)
      throw error
    })
    if ('conflict' in outcome) await this.blobs.remove(content.blob)
    return 'conflict' in outcome ? outcome.conflict : { id: fileId, name: outcome.name }
  }

  private async requireEditor(userId: string, fileId: string, on?: Tx): Promise<void> {
    const role = await this.accesses.roleOnFile(userId, fileId, on)
    if (role !== 'editor' && role !== 'owner')
      throw new WopiError('operation-not-offered', 'the user may not overwrite the file of that name')
  }

  /** 409 with a name that is free, which editors retry with by themselves. */
  private async takenAnswer(containerId: string, name: string): Promise<Answer> {
    let number = 2
    while (await this.files.findByName(containerId, numberedName(name, number))) number++
    return new Answer(409, { 'X-WOPI-ValidRelativeTarget': encodeUtf7(numberedName(name, number)) })
  }
}
