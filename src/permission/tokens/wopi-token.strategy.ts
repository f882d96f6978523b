import { Injectable } from '@nestjs/common'
import { PassportStrategy } from '@nestjs/passport'
import type { IncomingMessage } from 'node:http'
import { Strategy } from 'passport-jwt'
import { Settings } from '../../config/settings.js'
import { DatabaseClock } from '../../database/database-clock.js'
import { WOPI_AUDIENCE } from '../../auth/token-audience.js'
import { readClaims, type AccessTokenClaims } from './access-token.claims.js'
import { presentedToken } from './presented-token.js'
import { deriveKeys } from '../../auth/signing-keys.js'
import { NOT_BY_THIS_CLOCK } from '../../auth/token-times.js'

/**
 * Is this a genuine WOPI access token of ours? Expiry is reported rather than refused here: the bytes of a save that
 * comes with a token that has just expired must be kept (RELIABILITY-SECURITY.md §3.4).
 */
@Injectable()
export class WopiTokenStrategy extends PassportStrategy(Strategy, 'wopi-token') {
  constructor(
    settings: Settings,
    private readonly clock: DatabaseClock,
  ) {
    super({
      jwtFromRequest: (request: IncomingMessage) => presentedToken(request) ?? null,
      secretOrKeyProvider: deriveKeys(settings.tokenSecrets, 'wopi').provide as never,
      algorithms: ['HS256'],
      audience: WOPI_AUDIENCE,
      issuer: settings.publicUrl,
      ...NOT_BY_THIS_CLOCK,
    })
  }

  validate(payload: unknown): AccessTokenClaims | false {
    return readClaims(payload, this.clock.nowSeconds()) ?? false
  }
}
