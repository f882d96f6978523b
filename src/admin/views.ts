import type { AccessGrant } from '../permission/access-grant.entity.js'
import type { FileVersion } from '../storage/file-version.entity.js'
import type { Head } from '../storage/file.service.js'
import type { RecoveryItem } from '../storage/recovery-item.entity.js'

/** The JSON forms of REST, one function each; a property is a promise to scripts (DESIGN.md §7). */
export function fileView(head: Head): Record<string, unknown> {
  const { id, name, containerId, ownerId, version, size, sha256, modifiedAt, modifiedBy } = head
  return { id, name, containerId, ownerId, version, size, sha256, modifiedAt, modifiedBy }
}

export function versionView(version: FileVersion): Record<string, unknown> {
  const { sha256, author, editors, cause, at, correlationId } = version
  return {
    version: version.version,
    size: Number(version.size),
    sha256,
    author,
    editors,
    cause,
    at,
    correlationId,
  }
}

export function grantView({ subject, role, grantedBy, grantedAt }: AccessGrant): Record<string, unknown> {
  return { subject, role, grantedBy, grantedAt }
}

export function recoveryView(item: RecoveryItem, headSha256: string): Record<string, unknown> {
  const { id, fileId, reason, userId, editors, baseVersion, sha256, at, correlationId } = item
  const differsFromHead = sha256 !== headSha256
  return {
    id,
    fileId,
    reason,
    userId,
    editors,
    baseVersion,
    size: Number(item.size),
    sha256,
    at,
    correlationId,
    differsFromHead,
  }
}
