import { PassportStrategy } from '@nestjs/passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import type { Config } from '../config/config.js'
import { apiUser } from './api-claims.js'
import type { ApiUser } from './api-user.js'
import { IssuerKeys } from './issuer-keys.js'
import type { UserService } from './user.service.js'

/** Bearer tokens of the enterprise's identity provider, verified with the keys it publishes. */
export class IssuerApiStrategy extends PassportStrategy(Strategy, 'api') {
  constructor(
    private readonly oidc: NonNullable<Config['oidc']>,
    { issuer, jwksUri }: IssuerMetadata,
    private readonly users: UserService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: new IssuerKeys(jwksUri).provide as never,
      // Asymmetric only: with HS256 in the list the published key would be the signing key (T-02).
      algorithms: ['RS256', 'ES256'],
      audience: oidc.audience,
      issuer,
    })
  }

  validate(payload: unknown): Promise<ApiUser | false> {
    return apiUser(payload, this.oidc.roleClaim, this.users)
  }
}

export interface IssuerMetadata {
  /** Exactly as its tokens name it: some providers end in a slash, which OIDC_ISSUER does not keep. */
  readonly issuer: string
  readonly jwksUri: string
}

/** Where the issuer publishes its keys, from its own metadata (OpenID Connect Discovery 1.0 §4). */
export async function findIssuer(configured: string): Promise<IssuerMetadata> {
  const answer = await fetch(`${configured}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  })
  if (!answer.ok) throw new Error(`OIDC_ISSUER ${configured} answered ${answer.status} for its metadata.`)
  const { issuer, jwks_uri: jwksUri } = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown }
  if (typeof issuer !== 'string' || issuer.replace(/\/+$/, '') !== configured) {
    throw new Error(`OIDC_ISSUER ${configured} says that it is ${String(issuer)}; set OIDC_ISSUER to that.`)
  }
  if (typeof jwksUri !== 'string') throw new Error(`OIDC_ISSUER ${configured} publishes no jwks_uri.`)
  return { issuer, jwksUri }
}
