import { Injectable } from '@nestjs/common'
import { AuditService, type AuditAction } from '../audit/audit.service.js'
import { CoauthStatusService } from '../coauth-status/coauth-status.service.js'
import { Database, type Tx } from '../database/database.js'
import { LockService, type LockState } from '../lock/lock.service.js'
import type { VersionCause } from '../storage/file-version.entity.js'
import { FileService, type Head } from '../storage/file.service.js'
import type { ComparedBlob, Committed } from '../storage/twins.js'
import { ApiProblem } from './api-problem.js'
import { WhoEdits } from './who-edits.js'

export interface Replacement {
  readonly fileId: string
  readonly content: ComparedBlob
  readonly author: string
  readonly editors?: readonly string[]
  readonly cause: VersionCause
  readonly action: AuditAction
  readonly correlationId: string
  readonly detail?: Readonly<Record<string, unknown>>
  /** Looks at the held head before it moves; throws to refuse. */
  readonly check?: (tx: Tx, head: Head) => Promise<void> | void
}

/**
 * Changes to a file from outside an editing session. A lock must prevent them all (RELIABILITY-SECURITY.md §3.8), so
 * they go through the same rows, in the same order, as a save.
 */
@Injectable()
export class ContentService {
  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly locks: LockService,
    private readonly audit: AuditService,
    private readonly whoEdits: WhoEdits,
    private readonly status: CoauthStatusService,
  ) {}

  /** @throws ApiProblem being-edited while anybody holds the file */
  async replace(replacement: Replacement): Promise<{ head: Head } & Committed> {
    const { fileId, content, author, cause, correlationId } = replacement
    const replace = async (tx: Tx): Promise<{ head: Head } & Committed> => {
      const head = await this.requireUnlocked(tx, fileId)
      await replacement.check?.(tx, head)
      const editors = replacement.editors ?? []
      const { version, unused } = await this.files.commit(tx, head, content, {
        author,
        editors,
        cause,
        correlationId,
      })
      await this.audit.record(tx, {
        actor: author,
        action: replacement.action,
        objectId: fileId,
        outcome: 'done',
        correlationId,
        detail: { version, ...replacement.detail },
      })
      const moved = await this.files.lockHead(tx, fileId)
      if (!moved) throw new Error('the head vanished while its row was held')
      return { head: moved, unused }
    }
    return this.whoEdits.named(fileId, () => this.database.transaction(replace))
  }

  /** Into the bin. @param evenIfEdited although somebody holds the file: what they still save is kept there */
  async delete(
    fileId: string,
    actor: string,
    correlationId: string,
    { evenIfEdited }: { evenIfEdited: boolean },
  ): Promise<void> {
    const remove = async (tx: Tx): Promise<void> => {
      await this.status.takeTurn(tx, fileId)
      if (evenIfEdited) await this.files.lockHead(tx, fileId)
      else await this.requireUnlocked(tx, fileId)
      if (!(await this.files.delete(tx, fileId, actor))) throw noSuchFile()
      const detail = { evenIfEdited }
      await this.audit.record(tx, {
        actor,
        action: 'file-deleted',
        objectId: fileId,
        outcome: 'done',
        correlationId,
        detail,
      })
      await this.status.tellMoved(tx, { fileId, userId: actor, kind: 'file-deleted' })
    }
    await this.whoEdits.named(fileId, () => this.database.transaction(remove))
  }

  private async requireUnlocked(tx: Tx, fileId: string): Promise<Head> {
    const head = await this.files.lockHead(tx, fileId)
    const lock = head && (await this.locks.hold(tx, fileId))
    if (!lock) throw noSuchFile()
    if (lock.kind !== 'none') throw beingEdited(lock)
    return head
  }
}

function noSuchFile(): ApiProblem {
  return new ApiProblem('not-found', 'The file was deleted meanwhile.')
}

export function beingEdited(lock: Exclude<LockState, { kind: 'none' }>): ApiProblem {
  return lock.kind !== 'exclusive'
    ? new ApiProblem('being-edited', 'Somebody has the file open for editing.', { lockKind: lock.kind })
    : new ApiProblem('being-edited', `The file is locked exclusively by ${lock.holder}: ${lock.reason}.`, {
        lockKind: 'exclusive',
        holder: lock.holder,
        reason: lock.reason,
      })
}
