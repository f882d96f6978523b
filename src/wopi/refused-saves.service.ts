import { Injectable } from '@nestjs/common'
import { AuditService } from '../audit/audit.service.js'
import { Database, type Tx } from '../database/database.js'
import { EventLog } from '../events/event-log.js'
import { Logger } from '../logging/logger.js'
import type { FileAccess } from '../permission/access.service.js'
import { BlobStore } from '../storage/blob-store.js'
import { RecoveryService } from '../storage/recovery.service.js'
import type { PutHeaders } from './put-headers.js'
import type { RefusedPut } from './put-outcome.js'

/** Keeps the bytes of saves that had to be refused, and says so in audit and log (RELIABILITY-SECURITY.md §3.4). */
@Injectable()
export class RefusedSaves {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    private readonly recovery: RecoveryService,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly logger: Logger,
  ) {}

  async keep(access: FileAccess, headers: PutHeaders, { reason, content }: RefusedPut): Promise<void> {
    const { correlationId, editors, lockId = '' } = headers
    const facts = { fileId: access.file.id, userId: access.user.id, correlationId }
    const kept = await this.database.transaction(async (tx) => {
      await this.audit.record(tx, {
        actor: access.user.id,
        action: 'save',
        objectId: access.file.id,
        outcome: reason,
        correlationId,
        detail: { sha256: content.sha256 },
      })
      const kept = await this.recovery.keep(tx, {
        ...facts,
        reason,
        content,
        editors,
        presentedLockId: lockId,
      })
      await this.tell(tx, access, reason, kept)
      return kept
    })
    if (typeof kept === 'object') {
      const line = { event: 'save-refused', ...facts, reason, recoveryItem: kept.itemId }
      this.logger.warn(line, 'a save was refused; its bytes are kept')
      return
    }
    await this.blobs.remove(content.blob)
    if (kept === 'already-safe') {
      this.logger.debug(
        { event: 'save-refused', ...facts, reason },
        'a save was refused; its bytes were kept before',
      )
    } else {
      const why = 'a refused save is LOST: too many open recovery items of this file or person'
      this.logger.error({ event: 'save-lost', ...facts, reason }, why)
    }
  }

  // Word repeats a refused save every 30 s; people and programs are told once.
  private async tell(
    tx: Tx,
    { file, user }: FileAccess,
    reason: RefusedPut['reason'],
    kept: { itemId: string } | 'already-safe' | 'full',
  ): Promise<void> {
    if (kept === 'already-safe') return
    const about = { fileId: file.id, userId: user.id }
    const isKept = kept !== 'full'
    await this.events.append(tx, [
      { kind: 'save-refused', ...about, detail: { reason, isKept } },
      ...(isKept
        ? [{ kind: 'recovery-item', ...about, detail: { reason, itemId: kept.itemId } } as const]
        : []),
    ])
  }
}
