import { Injectable } from '@nestjs/common'
import { AuditService, type AuditAction } from '../../audit/audit.service.js'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import type { Tx } from '../../database/database.js'
import { LockService, type LockState } from '../../lock/lock.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { VersionCause } from '../../storage/versions/file-version.entity.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import type { ComparedBlob, Committed } from '../../storage/blobs/twins.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { EditingConflict } from './editing-conflict.js'

export interface Replacement {
  readonly fileId: string
  readonly content: ComparedBlob
  /** Must be an editor, still, when it happens. */
  readonly caller: ApiUser
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
    private readonly changes: Changes,
    private readonly files: FileService,
    private readonly locks: LockService,
    private readonly audit: AuditService,
    private readonly conflict: EditingConflict,
    private readonly status: CoauthStatusService,
  ) {}

  /** @throws ApiProblem being-edited while anybody holds the file */
  async replace(replacement: Replacement): Promise<{ head: Head } & Committed> {
    const { fileId, content, caller, cause, correlationId } = replacement
    const replace = async (tx: Tx, head: Head): Promise<{ head: Head } & Committed> => {
      await this.requireUnlocked(tx, fileId)
      await replacement.check?.(tx, head)
      const editors = replacement.editors ?? []
      const { version, unused } = await this.files.commit(tx, head, content, {
        author: caller.id,
        editors,
        cause,
        correlationId,
      })
      await this.audit.record(tx, {
        actor: caller.id,
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
    return this.conflict.named(fileId, () => this.changes.toFile(caller, fileId, 'editor', replace))
  }

  /** Into the bin. @param evenIfEdited although somebody holds the file: what they still save is kept there */
  async delete(
    caller: ApiUser,
    fileId: string,
    correlationId: string,
    { evenIfEdited }: { evenIfEdited: boolean },
  ): Promise<void> {
    const remove = async (tx: Tx): Promise<void> => {
      if (!evenIfEdited) await this.requireUnlocked(tx, fileId)
      if (!(await this.files.delete(tx, fileId, caller.id))) throw noSuchFile()
      const detail = { evenIfEdited }
      await this.audit.record(tx, {
        actor: caller.id,
        action: 'file-deleted',
        objectId: fileId,
        outcome: 'done',
        correlationId,
        detail,
      })
      await this.status.tellMoved(tx, { fileId, userId: caller.id, kind: 'file-deleted' })
    }
    const turn = (tx: Tx): Promise<unknown> => this.status.takeTurn(tx, fileId)
    await this.conflict.named(fileId, () => this.changes.toFile(caller, fileId, 'owner', remove, turn))
  }

  private async requireUnlocked(tx: Tx, fileId: string): Promise<void> {
    const lock = await this.locks.hold(tx, fileId)
    if (!lock) throw noSuchFile()
    if (lock.kind !== 'none') throw beingEdited(lock)
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
