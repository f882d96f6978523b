import { Injectable } from '@nestjs/common'
import { PassportStrategy } from '@nestjs/passport'
import { Strategy } from 'passport-jwt'
import { Settings } from '../config/settings.js'
import { DatabaseClock } from '../database/database-clock.js'
import { API_AUDIENCE } from './token-audience.js'
import { apiUser } from './api-claims.js'
import type { ApiUser } from './api-user.js'
import { bearerOf } from './bearer-kind.js'
import { EMBEDDED_ISSUER, EMBEDDED_ROLE } from './bearer-token.js'
import { deriveKeys } from './signing-keys.js'
import { isTimely, NOT_BY_THIS_CLOCK } from './token-times.js'
import { UserService } from './user.service.js'

/** Bearer tokens of `npm run token`: only where no identity provider is configured. */
@Injectable()
export class EmbeddedApiStrategy extends PassportStrategy(Strategy, 'api') {
  constructor(
    settings: Settings,
    private readonly users: UserService,
    private readonly clock: DatabaseClock,
  ) {
    super({
      jwtFromRequest: bearerOf,
      secretOrKeyProvider: deriveKeys(settings.tokenSecrets, 'api').provide as never,
      algorithms: ['HS256'],
      audience: API_AUDIENCE,
      issuer: EMBEDDED_ISSUER,
      ...NOT_BY_THIS_CLOCK,
    })
  }

  async validate(payload: unknown): Promise<ApiUser | false> {
    if (!isTimely(payload, this.clock.nowSeconds())) return false
    return apiUser(payload, EMBEDDED_ROLE, this.users)
  }
}
