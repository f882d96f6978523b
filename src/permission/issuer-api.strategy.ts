import { PassportStrategy } from '@nestjs/passport'
import type { Request } from 'express'
import { ExtractJwt, Strategy } from 'passport-jwt'
import type { Config } from '../config/config.js'
import type { DatabaseClock } from '../database/database-clock.js'
import { apiUser } from './api-claims.js'
import type { ApiUser } from './api-user.js'
import { IssuerAway } from './issuer-away.js'
import { IssuerKeys } from './issuer-keys.js'
import { isTimely, NOT_BY_THIS_CLOCK } from './token-times.js'
import type { UserService } from './user.service.js'

/** Bearer tokens of the enterprise's identity provider, verified with the keys it publishes. */
export class IssuerApiStrategy extends PassportStrategy(Strategy, 'api') {
  constructor(
    private readonly oidc: NonNullable<Config['oidc']>,
    /** Throws IssuerAway. */
    private readonly metadata: () => IssuerMetadata,
    private readonly users: UserService,
    private readonly clock: DatabaseClock,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: new IssuerKeys(() => metadata().jwksUri).provide as never,
      // Asymmetric only: with HS256 in the list the published key would be the signing key (T-02).
      algorithms: ['RS256', 'ES256'],
      audience: oidc.audience,
      ...NOT_BY_THIS_CLOCK,
    })
  }

  /** Passport makes "not signed in" of whatever keeps a key from being found; nobody can know that yet. */
  override authenticate(request: Request, options?: object): void {
    const fail = this.fail.bind(this)
    this.fail = (why: unknown, status?: number) => {
      if (why instanceof IssuerAway) this.error(why)
      else fail(why as never, status as never)
    }
    super.authenticate(request, options)
  }

  async validate(payload: Readonly<Record<string, unknown>>): Promise<ApiUser | false> {
    if (payload['iss'] !== this.metadata().issuer || !isTimely(payload, this.clock.nowSeconds())) return false
    return apiUser(payload, this.oidc.roleClaim, this.users)
  }
}

export interface IssuerMetadata {
  /** Exactly as its tokens name it: some providers end in a slash, which OIDC_ISSUER does not keep. */
  readonly issuer: string
  readonly jwksUri: string
  /** Where people get its tokens (RFC 6749 §3); undefined where its metadata does not say. */
  readonly authorizationUri: string | undefined
  readonly tokenUri: string | undefined
}

/**
 * Where the issuer publishes its keys, from its own metadata (OpenID Connect Discovery 1.0 §4).
 * @throws IssuerAway when it may answer later; Error when what answers is another one
 */
export async function findIssuer(configured: string): Promise<IssuerMetadata> {
  const answer = await fetch(`${configured}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => {
    throw new IssuerAway(`OIDC_ISSUER ${configured} cannot be reached: ${innermost(error)}`)
  })
  // A proxy says so in front of a provider that is being started.
  if (answer.status >= 500 || answer.status === 429)
    throw new IssuerAway(`OIDC_ISSUER ${configured} answered ${answer.status} for its metadata`)
  if (!answer.ok) throw new Error(`OIDC_ISSUER ${configured} answered ${answer.status} for its metadata.`)
  const metadata = (await answer.json()) as Readonly<Record<string, unknown>>
  const { issuer, jwks_uri: jwksUri } = metadata
  if (typeof issuer !== 'string' || issuer.replace(/\/+$/, '') !== configured) {
    throw new Error(`OIDC_ISSUER ${configured} says that it is ${String(issuer)}; set OIDC_ISSUER to that.`)
  }
  if (typeof jwksUri !== 'string') throw new Error(`OIDC_ISSUER ${configured} publishes no jwks_uri.`)
  return {
    issuer,
    jwksUri,
    authorizationUri: address(metadata['authorization_endpoint']),
    tokenUri: address(metadata['token_endpoint']),
  }
}

// `fetch` says "fetch failed", and its cause says why.
function innermost(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : String(error)
}

// Serialised anew, a URL has no quote or control character in it: it goes into a header.
function address(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value)) return undefined
  return new URL(value).href
}
