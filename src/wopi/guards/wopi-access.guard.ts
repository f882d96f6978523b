import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Operations } from '../operations.js'
import type { TokenRequest, WopiCall } from '../protocol/operation.js'
import { WopiAccess } from './wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Second question: which operation is it, and may this caller do it? (WOPI.md §2.6: 401, then 404, then 501) */
@Injectable()
export class WopiAccessGuard implements CanActivate {
  constructor(
    private readonly access: WopiAccess,
    private readonly operations: Operations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<TokenRequest & WopiCall>()
    const found = this.operations.find(request)
    if (found instanceof WopiError) {
      await this.access.require(request, 'read')
      throw found
    }
    request.operation = found
    if (!found.judgesAccess) request.access = await this.access.require(request, found.needs)
    return true
  }
}
