import { Injectable } from '@nestjs/common'
import jwt from 'jsonwebtoken'
import { Settings } from '../../config/settings.js'
import { DatabaseClock } from '../../database/database-clock.js'
import { FILE_URL_AUDIENCE } from '../../auth/token-audience.js'
import { readClaims, type AccessTokenClaims } from './access-token.claims.js'
import type { FileAccess } from '../access.service.js'
import { deriveKeys, type SigningKeys } from '../../auth/signing-keys.js'

/** An address stands in logs and histories, where no token ever does: it is good for an hour at most. */
const TICKET_SECONDS = 3600

/** What makes an address open a file's bytes by itself: it names an access token, has nothing of it, and ends before it. */
@Injectable()
export class FileUrlTickets {
  private readonly keys: SigningKeys

  constructor(
    private readonly settings: Settings,
    private readonly clock: DatabaseClock,
  ) {
    this.keys = deriveKeys(settings.tokenSecrets, 'file-url')
  }

  issue({ jti, user, file, tokenExpiresAt }: FileAccess): string {
    const { kid, key } = this.keys.current
    const now = this.clock.nowSeconds()
    const exp = Math.min(now + TICKET_SECONDS, Math.floor(tokenExpiresAt.getTime() / 1000))
    return jwt.sign({ jti, sub: user.id, fid: file.id, iat: now, exp }, key, {
      algorithm: 'HS256',
      keyid: kid,
      audience: FILE_URL_AUDIENCE,
      issuer: this.settings.publicUrl,
    })
  }

  /** @returns what it says; whether the access token and the right behind it are still good is the database's word */
  read(ticket: string): Promise<AccessTokenClaims | 'not-genuine' | 'expired'> {
    const { publicUrl: issuer } = this.settings
    return new Promise((resolve) => {
      this.keys.provide(undefined, ticket, (_unknown, key) => {
        if (!key) {
          resolve('not-genuine')
          return
        }
        const clockTimestamp = this.clock.nowSeconds()
        const must = { algorithms: ['HS256' as const], audience: FILE_URL_AUDIENCE, issuer, clockTimestamp }
        jwt.verify(ticket, key, must, (error, payload) => {
          if (error) resolve(error instanceof jwt.TokenExpiredError ? 'expired' : 'not-genuine')
          else resolve(readClaims(payload, clockTimestamp) ?? 'not-genuine')
        })
      })
    })
  }
}
