import { Injectable } from '@nestjs/common'
import { AuditQueue } from '../../audit/audit-queue.js'
import { correlationId } from '../../http/correlation-id.js'
import type { WopiRequest } from '../protocol/operation.js'

/** Who read which document: once for each access token, with which an editor reads again and again. */
@Injectable()
export class ReadAudit {
  constructor(private readonly queue: AuditQueue) {}

  /** Before a byte goes out. */
  async reads(request: WopiRequest): Promise<void> {
    const { access, operation } = request
    const { user, file, jti, openedIn } = access
    await this.queue.require(`read ${jti} ${file.id}`, {
      actor: user.id,
      action: 'file-read',
      objectId: file.id,
      outcome: 'done',
      correlationId: correlationId(request),
      detail: {
        operation: operation.name,
        version: file.version,
        jti,
        ...(openedIn && { editor: openedIn.editor }),
      },
    })
  }
}
