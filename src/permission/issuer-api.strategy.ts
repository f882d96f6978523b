import { PassportStrategy } from '@nestjs/passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { z } from 'zod'
import type { Config } from '../config/config.js'
import type { Logger } from '../logging/logger.js'
import { AnsweredOtherwise, boundedAnswer } from '../outbound/bounded-answer.js'
import { apiUser } from './api-claims.js'
import type { ApiUser } from './api-user.js'
import { IssuerKeys } from './issuer-keys.js'
import { jsonIn } from './key-set.js'
import type { UserService } from './user.service.js'

/** Bearer tokens of the enterprise's identity provider, verified with the keys it publishes. */
export class IssuerApiStrategy extends PassportStrategy(Strategy, 'api') {
  constructor(
    private readonly oidc: NonNullable<Config['oidc']>,
    { issuer, jwksUri }: IssuerMetadata,
    private readonly users: UserService,
    logger: Logger,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: new IssuerKeys(jwksUri, logger).provide as never,
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
  /** Where people get its tokens (RFC 6749 §3); undefined where its metadata does not say. */
  readonly authorizationUri: string | undefined
  readonly tokenUri: string | undefined
}

/** Where the issuer publishes its keys, from its own metadata (OpenID Connect Discovery 1.0 §4). */
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

async function metadataOf(configured: string): Promise<Readonly<Record<string, unknown>>> {
  const url = `${configured}/.well-known/openid-configuration`
  let bytes: Buffer
  try {
    bytes = await boundedAnswer(url, { accept: 'application/json' })
  } catch (error) {
    if (error instanceof AnsweredOtherwise)
      throw new Error(`OIDC_ISSUER ${configured} answered ${error.status} for its metadata.`, {
        cause: error,
      })
    throw new Error(`OIDC_ISSUER ${configured} cannot be asked for its metadata: ${String(error)}`, {
      cause: error,
    })
  }
  const metadata = z.record(z.string(), z.unknown()).safeParse(jsonIn(bytes))
  if (!metadata.success)
    throw new Error(`OIDC_ISSUER ${configured} publishes metadata that are no JSON object.`)
  return metadata.data
}

// Serialised anew, a URL has no quote or control character in it: it goes into a header.
function address(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value)) return undefined
  return new URL(value).href
}
