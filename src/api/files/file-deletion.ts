import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import type { Tx } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import { LockService } from '../../lock/lock.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import { FileService } from '../../storage/files/file.service.js'
import { Changes, deletedMeanwhile } from '../http/changes.js'
import { beingEdited, EditingConflict } from './editing-conflict.js'

/** A lock prevents this as it prevents everything else from outside an editing session (RELIABILITY-SECURITY.md §3.8). */
@Injectable()
export class FileDeletion {
  constructor(
    private readonly changes: Changes,
    private readonly files: FileService,
    private readonly locks: LockService,
    private readonly audit: AuditService,
    private readonly conflict: EditingConflict,
    private readonly status: CoauthStatusService,
  ) {}

  /** Into the bin. @param evenIfEdited although somebody holds the file: what they still save is kept there */
  async delete(
    caller: ApiUser,
    fileId: FileId,
    correlationId: string,
    { evenIfEdited }: { evenIfEdited: boolean },
  ): Promise<void> {
    const remove = async (tx: Tx): Promise<void> => {
      if (!evenIfEdited) await this.requireUnlocked(tx, fileId)
      if (!(await this.files.delete(tx, fileId, caller.id))) throw deletedMeanwhile()
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

  private async requireUnlocked(tx: Tx, fileId: FileId): Promise<void> {
    const lock = await this.locks.lockForUpdate(tx, fileId)
    if (!lock) throw deletedMeanwhile()
    if (lock.kind !== 'none') throw beingEdited(lock)
  }
}
