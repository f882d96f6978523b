import { PassportStrategy } from '@nestjs/passport'
import { passportJwtSecret } from 'jwks-rsa'
import { ExtractJwt, Strategy } from 'passport-jwt'
import type { Config } from '../config/config.js'
import { apiUser } from './api-claims.js'
import type { ApiUser } from './api-user.js'
import type { UserService } from './user.service.js'

/** Bearer tokens of the enterprise's identity provider, verified with the keys it publishes. */
export class IssuerApiStrategy extends PassportStrategy(Strategy, 'api') {
  constructor(
    private readonly oidc: NonNullable<Config['oidc']>,
    jwksUri: string,
    private readonly users: UserService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // At most 10 fetches a minute: unknown kids from strangers must not become outbound load (D-08).
      secretOrKeyProvider: passportJwtSecret({
        jwksUri,
        cache: true,
        cacheMaxAge: 600_000,
        rateLimit: true,
        jwksRequestsPerMinute: 10,
        timeout: 5000,
      }),
      // Asymmetric only: with HS256 in the list the published key would be the signing key (T-02).
      algorithms: ['RS256', 'ES256'],
      audience: oidc.audience,
      issuer: oidc.issuer,
    })
  }

  validate(payload: unknown): Promise<ApiUser | false> {
    return apiUser(payload, this.oidc.roleClaim, this.users)
  }
}

/** Where the issuer publishes its keys, from its own metadata (OpenID Connect Discovery 1.0 §4). */
export async function findJwksUri(issuer: string): Promise<string> {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  })
  if (!answer.ok) throw new Error(`OIDC_ISSUER ${issuer} answered ${answer.status} for its metadata.`)
  const metadata = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown }
  if (metadata.issuer !== issuer) {
    throw new Error(
      `OIDC_ISSUER ${issuer} says that it is ${String(metadata.issuer)}; set OIDC_ISSUER to that.`,
    )
  }
  if (typeof metadata.jwks_uri !== 'string') throw new Error(`OIDC_ISSUER ${issuer} publishes no jwks_uri.`)
  return metadata.jwks_uri
}
