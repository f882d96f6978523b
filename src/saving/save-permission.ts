import { mayEdit, type FileAccess } from '../permission/access.service.js'
import { isAtLeast, type Role } from '../permission/role.js'
import type { RecoveryReason } from '../storage/recovery/recovery-item.entity.js'

/** Saves with a token that died longer ago than this are nobody's unsaved work any more. */
const KEEP_AFTER_DEATH_SECONDS = 24 * 3600

export type RightRefusal = Extract<
  RecoveryReason,
  'token-expired' | 'token-revoked' | 'permission-revoked' | 'file-deleted'
>

/** A save that its token may not make. */
export interface RightRefused {
  readonly kind: 'right-refused'
  readonly right: RightRefusal | 'view-only'
  /** For what its bytes are kept; undefined when not even they are wanted. */
  readonly reason: RightRefusal | undefined
}

/** What the token alone says about a save, before its bytes are read. @returns undefined: it may be made */
export function checkSavePermission(access: FileAccess): RightRefused | undefined {
  const refusal = checkToken(access)
  if (!access.file.inBin) return refusal
  // Whoever may not save is told what everybody is: that there is no such file.
  const isUnwanted = refusal !== undefined && refusal.reason === undefined
  return { kind: 'right-refused', right: 'file-deleted', reason: isUnwanted ? undefined : 'file-deleted' }
}

function checkToken(access: FileAccess): RightRefused | undefined {
  const { token, mode, deadSeconds } = access
  if (token !== 'live') {
    const died = token === 'expired' ? 'token-expired' : 'token-revoked'
    const isWorthKeeping = mode === 'edit' && deadSeconds < KEEP_AFTER_DEATH_SECONDS
    return { kind: 'right-refused', right: died, reason: isWorthKeeping ? died : undefined }
  }
  if (mode !== 'edit') return { kind: 'right-refused', right: 'view-only', reason: undefined }
  return mayEdit(access) ? undefined : refusedFor('permission-revoked')
}

/** Of an edit token that ended, or whose user lost the right: the bytes are kept. */
export function refusedFor(right: RightRefusal): RightRefused {
  return { kind: 'right-refused', right, reason: right }
}

/** The same rule for whoever has no token for the file: who may edit may save. */
export function rolePermitsSave(role: Role | undefined): boolean {
  return isAtLeast(role, 'editor')
}
