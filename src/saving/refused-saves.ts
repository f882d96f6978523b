import { Injectable } from '@nestjs/common'
import { AuditService } from '../audit/audit.service.js'
import { GivenVersions } from '../coauth-status/given-versions.js'
import { Database } from '../database/database.js'
import { EventLog, type NewEvent } from '../events/event-log.js'
import { Logger } from '../logging/logger.js'
import type { FileAccess } from '../permission/access.service.js'
import type { StoredBlob } from '../storage/blobs/blob-store.js'
import { type KeptSave, RecoveryService } from '../storage/recovery/recovery.service.js'
import { baseOf } from '../storage/files/save-base.js'
import { Twins } from '../storage/blobs/twins.js'
import type { RecoveryReason } from '../storage/recovery/recovery-item.entity.js'
import type { ReceivedBlob } from './received-blob.js'
import type { SaveHeaders } from './save-headers.js'

const MAX_TRIES = 3

export interface BytesToKeep {
  readonly reason: RecoveryReason
  readonly content: StoredBlob
  /** The content, or what it consists of as far as that has just come. */
  readonly received: ReceivedBlob | undefined
}

/** The one place where the bytes of refused saves are kept, which audit and log are told of (RELIABILITY-SECURITY.md §3.4). */
@Injectable()
export class RefusedSaves {
  constructor(
    private readonly database: Database,
    private readonly twins: Twins,
    private readonly recovery: RecoveryService,
    private readonly given: GivenVersions,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly logger: Logger,
  ) {}

  /** @returns false when the same bytes were kept before, or the file is gone */
  async keep(access: FileAccess, headers: SaveHeaders, refused: BytesToKeep): Promise<boolean> {
    const { reason } = refused
    const { correlationId } = headers
    const facts = { fileId: access.file.id, userId: access.user.id, correlationId }
    const line = { event: 'save-refused', ...facts, reason }
    const kept = await this.keepOnce(access, headers, refused)
    if (kept === 'already-safe' || kept === 'file-gone') {
      this.logger.debug({ ...line, kept }, 'a save was refused, and its bytes were not kept once more')
      return false
    }
    this.logger.warn({ ...line, recoveryItem: kept.itemId }, 'a save was refused; its bytes are kept')
    if (kept.displaced.length > 0) {
      const displaced = { event: 'recovery-displaced', ...facts, displaced: kept.displaced.length }
      this.logger.error(displaced, 'refused saves had to make room for newer ones of the same person')
    }
    await this.tell(access, reason, kept.itemId)
    return true
  }

  /** A row that says so is no proof that the bytes are safe: they are looked at before these go (`Twins`). */
  private async keepOnce(
    access: FileAccess,
    headers: SaveHeaders,
    refused: BytesToKeep,
  ): Promise<KeptSave | 'already-safe' | 'file-gone'> {
    const { content, received } = refused
    for (let left = MAX_TRIES; left > 0; left--) {
      const kept = await this.record(access, headers, refused)
      if (kept !== 'already-safe') return kept
      const place = await this.twins.safePlaceOf(access.file.id, content, () => received?.keep())
      if (place === 'file-gone') return place
      if (place !== 'nowhere') return 'already-safe'
    }
    throw new Error('what has the bytes of a refused save moves again and again')
  }

  private record(
    access: FileAccess,
    { correlationId, editors, lockId, baseTimestamp, family, isExitSave }: SaveHeaders,
    { reason, content, received }: BytesToKeep,
  ): Promise<KeptSave | 'already-safe'> {
    const facts = { fileId: access.file.id, userId: access.user.id, correlationId }
    return this.database.transaction(async (tx) => {
      const event = { actor: access.user.id, objectId: access.file.id, correlationId }
      const detail = { sha256: content.sha256 }
      await this.audit.record(tx, { ...event, action: 'save', outcome: reason, detail })
      const given = await this.given.to(tx, access.jti)
      const kept = await this.recovery.keep(tx, {
        ...facts,
        base: await baseOf(tx, access.file.id, { ...given, timestamp: baseTimestamp }),
        tokenId: access.jti,
        family,
        isExitSave,
        reason,
        content,
        editors,
        presentedLockId: lockId ?? '',
      })
      if (kept !== 'already-safe' && kept.displaced.length > 0) {
        const displaced = { ...event, action: 'recovery-displaced', outcome: 'done' } as const
        await this.audit.record(tx, { ...displaced, detail: { items: kept.displaced } })
      }
      if (kept !== 'already-safe') received?.keep()
      return kept
    })
  }

  // Word repeats a refused save every 30 s; people and programs are told once. Apart from the keeping: it must not
  // fail because the event log is busy.
  private async tell({ file, user }: FileAccess, reason: RecoveryReason, itemId: string): Promise<void> {
    const about = { fileId: file.id, userId: user.id }
    const events: NewEvent[] = [
      { kind: 'save-refused', ...about, detail: { reason } },
      { kind: 'recovery-item', ...about, detail: { reason, itemId } },
    ]
    try {
      await this.database.transaction((tx) => this.events.append(tx, events))
    } catch (error) {
      this.logger.error(
        { event: 'event-lost', ...about, error: String(error) },
        'a refused save was not told',
      )
    }
  }
}
