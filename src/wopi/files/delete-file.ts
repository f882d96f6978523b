import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import { Database } from '../../database/database.js'
import { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { LockService } from '../../lock/lock.service.js'
import { FileService } from '../../storage/files/file.service.js'
import { conflictAnswer } from '../locks/lock-answer.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

/** WOPI.md §8.3: into the bin. A locked file stays: somebody is editing it. */
@Injectable()
export class DeleteFile implements Operation {
  readonly name = 'DeleteFile'
  readonly needs = 'own'

  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly locks: LockService,
    private readonly rights: WopiAccess,
    private readonly status: CoauthStatusService,
    private readonly audit: AuditService,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const { id: fileId } = request.params
    const { id: userId } = request.access.user
    return this.database.transaction(async (tx) => {
      await this.status.takeTurn(tx, fileId)
      await this.files.lockHead(tx, fileId)
      const lock = await this.locks.lockForUpdate(tx, fileId)
      if (!lock) throw new WopiError('no-such-file', 'the file was deleted meanwhile')
      await this.rights.requireStill(tx, request, 'own')
      if (lock.kind !== 'none') return conflictAnswer(lock)
      await this.files.delete(tx, fileId, userId)
      await this.audit.record(tx, {
        actor: userId,
        action: 'file-deleted',
        objectId: fileId,
        outcome: 'done',
        correlationId: correlationId(request),
      })
      await this.status.tellMoved(tx, { fileId, userId, kind: 'file-deleted' })
      return new Answer(200)
    })
  }
}
