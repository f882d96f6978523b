import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { AuditService } from '../../audit/audit.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import { Database } from '../../database/database.js'
import { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { downloadHeaders } from '../../http/download.js'
import type { FileId } from '../../ids/ids.js'
import type { RecoveryItem } from '../../storage/recovery/recovery-item.entity.js'
import { contentOf, SoundContent } from './sound-content.js'

/** Hands out the bytes of a refused save, to whoever was let in to its file, be that in the bin or not. */
@Injectable()
export class RecoveryDownloads {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly sound: SoundContent,
  ) {}

  /** Audited before a byte goes out. */
  async answer(
    request: IncomingMessage,
    caller: ApiUser,
    { fileId, name }: { fileId: FileId; name: string },
    item: RecoveryItem,
  ): Promise<Answer> {
    const event = {
      actor: caller.id,
      action: 'recovery-downloaded',
      objectId: fileId,
      outcome: 'done',
    } as const
    const detail = { item: item.id }
    await this.audit.record(this.database, { ...event, correlationId: correlationId(request), detail })
    const content = contentOf(item)
    const body = await this.sound.download(caller, content, { fileId })
    return new Answer(200, downloadHeaders(name), body, content.size)
  }
}
