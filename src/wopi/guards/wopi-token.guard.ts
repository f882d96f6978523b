import { Injectable, type ExecutionContext } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { presentedToken } from '../../permission/tokens/presented-token.js'
import { VerifiedTokens } from '../../permission/tokens/verified-tokens.js'
import type { TokenRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'

/** First question: is there a genuine access token? (WOPI.md §2.2) */
@Injectable()
export class WopiTokenGuard extends AuthGuard('wopi-token') {
  private readonly verified = new VerifiedTokens()

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<TokenRequest>()
    const token = presentedToken(request)
    const known = token === undefined ? undefined : this.verified.get(token)
    if (known) {
      request.user = known
      return true
    }
    await super.canActivate(context)
    if (token !== undefined) this.verified.remember(token, request.user)
    return true
  }

  override handleRequest<Claims>(error: unknown, claims: Claims | false): Claims {
    if (error instanceof Error && error.message !== 'unknown kid') throw error
    if (!claims) throw new WopiError('token-invalid', 'the access token is missing, ambiguous or not genuine')
    return claims
  }
}
