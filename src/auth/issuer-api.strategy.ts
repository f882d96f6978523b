import { PassportStrategy } from '@nestjs/passport'
import type { Request } from 'express'
import { Strategy } from 'passport-jwt'
import { z } from 'zod'
import type { Config } from '../config/config.js'
import type { DatabaseClock } from '../database/database-clock.js'
import type { Logger } from '../logging/logger.js'
import { AnsweredOtherwise, boundedAnswer } from '../outbound/bounded-answer.js'
import { apiUser } from './api-claims.js'
import type { ApiUser } from './api-user.js'
import { bearerOf } from './bearer-kind.js'
import { IssuerAway } from './issuer-away.js'
import { IssuerKeys } from './issuer-keys.js'
import { jsonIn } from './key-set.js'
import { isNotFromTheFuture, isTimely, NOT_BY_THIS_CLOCK } from './token-times.js'
import type { UserService } from './user.service.js'

/** Bearer tokens of the enterprise's identity provider, verified with the keys it publishes. */
export class IssuerApiStrategy extends PassportStrategy(Strategy, 'api') {
  constructor(
    private readonly oidc: NonNullable<Config['oidc']>,
    /** Throws IssuerAway. */
    private readonly metadata: () => IssuerMetadata,
    private readonly users: UserService,
    private readonly clock: DatabaseClock,
    logger: Logger,
  ) {
    super({
      jwtFromRequest: bearerOf,
      secretOrKeyProvider: new IssuerKeys(() => metadata().jwksUri, logger).provide as never,
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
    const now = this.clock.nowSeconds()
    if (!isTimely(payload, now) || !isNotFromTheFuture(payload, now)) return false
    if (payload['iss'] !== this.metadata().issuer) return false
    return apiUser(payload, { claim: this.oidc.roleClaim, isOf: 'person' }, this.users)
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
  const metadata = await metadataOf(configured)
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

/** @throws IssuerAway when it may answer later; Error when what answers is another one */
async function metadataOf(configured: string): Promise<Readonly<Record<string, unknown>>> {
  const url = `${configured}/.well-known/openid-configuration`
  let bytes: Buffer
  try {
    bytes = await boundedAnswer(url, { accept: 'application/json' })
  } catch (error) {
    if (!(error instanceof AnsweredOtherwise))
      throw new IssuerAway(`OIDC_ISSUER ${configured} cannot be reached: ${innermost(error)}`)
    // A proxy says so in front of a provider that is being started.
    if (error.status >= 500 || error.status === 429)
      throw new IssuerAway(`OIDC_ISSUER ${configured} answered ${error.status} for its metadata`)
    throw new Error(`OIDC_ISSUER ${configured} answered ${error.status} for its metadata.`, { cause: error })
  }
  const metadata = z.record(z.string(), z.unknown()).safeParse(jsonIn(bytes))
  if (!metadata.success)
    throw new Error(`OIDC_ISSUER ${configured} publishes metadata that are no JSON object.`)
  return metadata.data
}

// The outermost error may only say that it failed; its cause says why.
function innermost(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : String(error)
}

// Serialised anew, a URL has no quote or control character in it: it goes into a header.
function address(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value)) return undefined
  return new URL(value).href
}
