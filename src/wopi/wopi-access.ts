import { Injectable } from '@nestjs/common'
import { AccessService, mayEdit, type FileAccess } from '../permission/access.service.js'
import type { Need, WopiRequest } from './operation.js'
import { WopiError } from './wopi-error.js'

/** What may this token do to this file, at this moment? */
@Injectable()
export class WopiAccess {
  constructor(private readonly accesses: AccessService) {}

  /** @throws WopiError 401, or 404 where there is no right (WOPI.md §2.6) */
  async require(request: WopiRequest, need: Need): Promise<FileAccess> {
    const access = await this.accesses.ofToken(request.user, request.params.id)
    if (access === 'unknown-token')
      throw new WopiError('token-of-other-file', 'the access token is not for this file')
    if (access === 'no-such-file') throw new WopiError('no-such-file', 'the file does not exist')
    if (need !== 'save') judge(access, need)
    return access
  }
}

function judge(access: FileAccess, need: Exclude<Need, 'save'>): void {
  requireLive(access)
  if (!permits(access, need)) throw new WopiError('no-right', `the user may not ${need} here`)
}

/** @throws WopiError 401 */
export function requireLive({ token }: Pick<FileAccess, 'token'>): void {
  if (token === 'expired') throw new WopiError('token-expired', 'the access token has expired')
  if (token === 'revoked') throw new WopiError('token-revoked', 'the access token was revoked')
}

function permits(access: FileAccess, need: Exclude<Need, 'save'>): boolean {
  switch (need) {
    case 'read':
      return access.role !== undefined
    case 'edit':
      return mayEdit(access)
    case 'own':
      return access.mode === 'edit' && access.role === 'owner'
    case 'unlock':
      return access.mode === 'edit'
  }
}
