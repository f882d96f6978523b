import { mayEdit, type FileAccess } from '../../permission/access.service.js'
import type { RecoveryReason } from '../../storage/recovery/recovery-item.entity.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Saves with a token that died longer ago than this are nobody's unsaved work any more. */
const KEEP_AFTER_DEATH_SECONDS = 24 * 3600

export type RightRefusal = Extract<
  RecoveryReason,
  'token-expired' | 'token-revoked' | 'permission-revoked' | 'file-deleted'
>

/**
 * What the token alone says about a save, before its bytes are read: for what reason it will be refused, and kept.
 * @throws WopiError when not even its bytes are wanted
 */
export function checkSavePermission(access: FileAccess): RightRefusal | undefined {
  return access.file.inBin ? judgeInBin(access) : judgeToken(access)
}

/** Whoever may not save is told what everybody is: that there is no such file. */
function judgeInBin(access: FileAccess): 'file-deleted' {
  try {
    judgeToken(access)
    return 'file-deleted'
  } catch (error) {
    if (!(error instanceof WopiError)) throw error
    throw new WopiError('no-such-file', 'the file was deleted, and nothing is kept of this save')
  }
}

function judgeToken(access: FileAccess): Exclude<RightRefusal, 'file-deleted'> | undefined {
  if (access.token !== 'live') {
    const died = access.token === 'expired' ? 'token-expired' : 'token-revoked'
    const worthKeeping = access.mode === 'edit' && access.deadSeconds < KEEP_AFTER_DEATH_SECONDS
    if (!worthKeeping) throw new WopiError(died, 'the access token is no longer good; nothing is kept')
    return died
  }
  if (access.mode !== 'edit') throw new WopiError('no-right', 'the access token was not issued for editing')
  return mayEdit(access) ? undefined : 'permission-revoked'
}

export function refusedForRight(reason: RightRefusal): WopiError {
  if (reason === 'file-deleted')
    return new WopiError('no-such-file', 'the file was deleted; the bytes are kept with it in the bin')
  return reason === 'permission-revoked'
    ? new WopiError('right-lost', 'the user lost the right to edit; the bytes are kept')
    : new WopiError(reason, 'the access token is no longer good; the bytes are kept')
}
