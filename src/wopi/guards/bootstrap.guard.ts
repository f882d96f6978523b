import { Injectable, type ExecutionContext } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import type { IncomingMessage } from 'node:http'
import { IdentityProvider } from '../../auth/identity-provider.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Is there a bearer token of the identity provider? If not, where to get one (WOPI.md §11). */
@Injectable()
export class BootstrapGuard extends AuthGuard('api') {
  constructor(private readonly identityProvider: IdentityProvider) {
    super()
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>()
    // Office's own documentation writes a colon there, and old clients do.
    if (headers.authorization) headers.authorization = headers.authorization.replace(/^Bearer: */i, 'Bearer ')
    return (await super.canActivate(context)) as boolean
  }

  override handleRequest<User>(error: unknown, user: User | false): User {
    if (error instanceof Error && error.message !== 'unknown kid') throw error
    if (user) return user
    throw new WopiError('not-signed-in', 'there is no valid bearer token', {
      'WWW-Authenticate': challengeOf(this.identityProvider),
    })
  }
}

// Without an identity provider nobody can sign in by OAuth, and there is no address to name.
function challengeOf({ issuer }: IdentityProvider): string {
  if (issuer?.authorizationUri === undefined || issuer.tokenUri === undefined) return 'Bearer'
  return `Bearer authorization_uri="${issuer.authorizationUri}", tokenIssuance_uri="${issuer.tokenUri}"`
}
