import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { AccessService, mayEdit, type FileAccess } from '../permission/access.service.js'
import { Operations } from './operations.js'
import type { Need, WopiRequest } from './operation.js'
import { WopiError } from './wopi-error.js'

/** Second question: what may this token do to this file, at this moment? (WOPI.md §2.6: 401, then 404, then 501) */
@Injectable()
export class WopiAccessGuard implements CanActivate {
  constructor(
    private readonly accesses: AccessService,
    private readonly operations: Operations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WopiRequest>()
    const access = await this.accesses.ofToken(request.user, request.params.id)
    if (access === 'unknown-token')
      throw new WopiError('token-of-other-file', 'the access token is not for this file')
    if (access === 'no-such-file') throw new WopiError('no-such-file', 'the file does not exist')
    request.access = access
    const found = this.operations.find(request)
    require(access, found instanceof WopiError ? 'read' : found.needs)
    if (found instanceof WopiError) throw found
    request.operation = found
    return true
  }
}

function require(access: FileAccess, need: Need): void {
  if (need === 'save') return
  if (access.token === 'expired') throw new WopiError('token-expired', 'the access token has expired')
  if (access.token === 'revoked') throw new WopiError('token-revoked', 'the access token was revoked')
  if (!permits(access, need)) throw new WopiError('no-right', `the user may not ${need} here`)
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
