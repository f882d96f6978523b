import type { AuditRow } from '../../audit/audit-trail.js'
import type { Editor } from '../../discovery/editor.js'
import type { ProofKey } from '../../discovery/proof-keys.js'
import type { HeldLock } from '../../lock/held-locks.js'
import type { AccessGrant } from '../../permission/sharing/access-grant.entity.js'
import type { IssuedTokenRow } from '../../permission/tokens/issued-tokens.js'
import type { ShareLinkRow } from '../../permission/sharing/share-link.statements.js'
import type { BinnedFile } from '../../storage/files/bin.service.js'
import type { FileVersion } from '../../storage/versions/file-version.entity.js'
import type { Head } from '../../storage/files/file.service.js'
import type { RecoveryItem } from '../../storage/recovery/recovery-item.entity.js'
import type { ListedItem } from '../../storage/recovery/recovery-list.js'

/** The JSON forms of REST, one function each; a property is a promise to scripts: it may be added, never taken away. */
export function fileView(head: Head): Record<string, unknown> {
  const { id, name, containerId, ownerId, version, size, sha256, modifiedAt, modifiedBy } = head
  return { id, name, containerId, ownerId, version, size, sha256, modifiedAt, modifiedBy }
}

export function versionView(version: FileVersion): Record<string, unknown> {
  const { sha256, author, editors, cause, at, correlationId, flag, kind, formerKind } = version
  return {
    version: version.version,
    size: Number(version.size),
    sha256,
    author,
    editors,
    cause,
    at,
    correlationId,
    flag,
    kind,
    formerKind,
  }
}

export function grantView({ subject, role, grantedBy, grantedAt }: AccessGrant): Record<string, unknown> {
  return { subject, role, grantedBy, grantedAt }
}

export function recoveryView(item: RecoveryItem, headSha256: string): Record<string, unknown> {
  const { id, fileId, reason, userId, editors, baseVersion, baseModifiedAt, sha256, at, correlationId } = item
  const { returnedVersion, returnedUnchanged } = item
  const differsFromHead = sha256 !== headSha256
  return {
    id,
    fileId,
    reason,
    userId,
    editors,
    baseVersion,
    ...(baseModifiedAt !== null && { baseModifiedAt }),
    size: Number(item.size),
    sha256,
    at,
    correlationId,
    differsFromHead,
    ...(returnedVersion !== null && { returnedInVersion: returnedVersion, returnedUnchanged }),
  }
}

export function listedItemView(item: ListedItem): Record<string, unknown> {
  const { fileName, resolvedAt, resolution } = item
  return { ...recoveryView(item, item.headSha256), fileName, resolvedAt, resolution }
}

export function binView(file: BinnedFile): Record<string, unknown> {
  const { id, name, size, version, ownerId, containerId, containerName } = file
  const { deletedAt, deletedBy, purgeAfter, recoveryItems } = file
  const from = { containerId, containerName }
  return { id, name, size, version, ownerId, ...from, deletedAt, deletedBy, purgeAfter, recoveryItems }
}

export function lockView(lock: HeldLock): Record<string, unknown> {
  return {
    fileId: lock.file_id,
    fileName: lock.file_name,
    containerId: lock.container_id,
    kind: lock.kind,
    lockId: lock.lock_id,
    holder: lock.holder,
    reason: lock.reason,
    takenAt: lock.taken_at,
    refreshedAt: lock.refreshed_at,
    expiresAt: lock.expires_at,
    inGrace: lock.in_grace,
    epoch: lock.epoch,
    version: lock.version,
    coauthLocks: lock.coauth_locks.map((one) => ({
      ...one,
      takenAt: new Date(one.takenAt),
      refreshedAt: new Date(one.refreshedAt),
      expiresAt: new Date(one.expiresAt),
    })),
  }
}

export function tokenView(token: IssuedTokenRow): Record<string, unknown> {
  return {
    jti: token.jti,
    userId: token.user_id,
    resourceKind: token.resource_kind,
    resourceId: token.resource_id,
    mode: token.mode,
    state: token.state,
    issuedAt: token.issued_at,
    expiresAt: token.expires_at,
    revokedAt: token.revoked_at,
  }
}

export function shareLinkView(link: ShareLinkRow): Record<string, unknown> {
  return {
    id: link.id,
    role: link.role,
    createdBy: link.created_by,
    createdAt: link.created_at,
    expiresAt: link.expires_at,
    holders: link.holders,
    holderCount: link.holder_count,
  }
}

export function auditView(event: AuditRow): Record<string, unknown> {
  const { id, at, actor, action, outcome, detail } = event
  const { object_id: objectId, correlation_id: correlationId } = event
  return { id, at, actor, action, objectId, outcome, correlationId, detail }
}

export function editorView({ setting, document, health }: Editor): Record<string, unknown> {
  const { keys, family, actions, disallowedOrigins } = document ?? {}
  const { readAt = null, triedAt = null, error = null } = health
  return {
    name: setting.name,
    // A query may have a secret in it.
    discoveryUrl: setting.discoveryUrl.replace(/\?.*$/, ''),
    proof: setting.proof,
    state: error === null ? (document ? 'ok' : 'not-read-yet') : document ? 'stale' : 'unreachable',
    family: family ?? null,
    lastSuccessAt: readAt,
    lastTriedAt: triedAt,
    lastError: error,
    actions: actions?.length ?? 0,
    refusedOrigins: disallowedOrigins ?? [],
    keys: [keyView('current', keys?.current), keyView('old', keys?.old)].flat(),
  }
}

function keyView(use: 'current' | 'old', key: ProofKey | undefined): Record<string, unknown>[] {
  return key ? [{ use, bits: key.bytes * 8, fingerprint: key.fingerprint }] : []
}
