import { Injectable } from '@nestjs/common'
import type { Queryable, Statement } from '../database/database.js'

export type AuditAction =
  | 'file-created'
  | 'file-deleted'
  | 'file-restored'
  | 'file-purged'
  | 'bin-emptied'
  | 'file-renamed'
  | 'file-uploaded'
  | 'save'
  | 'version-restored'
  | 'lock-broken'
  | 'session-ended'
  | 'exclusive-lock'
  | 'exclusive-unlock'
  | 'grant'
  | 'grant-removed'
  | 'share-link-created'
  | 'share-link-revoked'
  | 'share-link-redeemed'
  | 'access-token-issued'
  | 'access-token-revoked'
  | 'container-created'
  | 'container-renamed'
  | 'container-deleted'
  | 'recovery-downloaded'
  | 'recovery-displaced'
  | 'recovery-restored'
  | 'recovery-saved-as-copy'
  | 'recovery-discarded'
  | 'installation-adopted'
  | 'blobs-given-up'
  | 'file-read'
  | 'file-downloaded'
  | 'version-downloaded'
  | 'access-refused'
  | 'sign-in-refused'
  | 'signed-in'
  | 'signed-out'

export interface AuditEvent {
  /** User id of who did it. */
  readonly actor: string
  readonly action: AuditAction
  readonly objectId: string
  /** 'done', or why it was refused. */
  readonly outcome: string
  readonly correlationId: string
  readonly detail?: Readonly<Record<string, unknown>>
}

const RECORD: Statement<Record<string, never>, [string, string, string, string, string, string]> = {
  name: 'audit',
  text: `
    insert into audit_event (actor, action, object_id, outcome, correlation_id, detail)
    values ($1, $2, $3, $4, $5, $6)`,
}

/** Who did what. Rows are written in the transaction of the deed, so there is never one without the other. */
@Injectable()
export class AuditService {
  async record(
    on: Queryable,
    { actor, action, objectId, outcome, correlationId, detail }: AuditEvent,
  ): Promise<void> {
    await on.query(RECORD, [actor, action, objectId, outcome, correlationId, JSON.stringify(detail ?? {})])
  }
}
