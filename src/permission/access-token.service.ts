import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { Settings } from '../config/settings.js'
import { Database, type Queryable, type Statement } from '../database/database.js'
import { ACCESS_TOKEN_SECONDS, WOPI_AUDIENCE, type OpenedIn } from './access-token.claims.js'
import { deriveKeys, type SigningKeys } from './signing-keys.js'

export interface IssuedToken {
  readonly accessToken: string
  /** Epoch milliseconds of its end, not a duration (WOPI.md §1). */
  readonly accessTokenTtl: number
  readonly jti: string
}

// The database's clock dates the token, whichever server issues it.
const ISSUE: Statement<{ issued: number; expires: number }> = {
  name: 'issue-access-token',
  text: `
    insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at)
    select $1, $2, $3, $4, $5, t.now, coalesce($6::timestamptz, t.now + $7::float8 * interval '1 s')
    from (select date_trunc('second', clock_timestamp()) as now) t
    returning extract(epoch from issued_at)::float8 as issued, extract(epoch from expires_at)::float8 as expires`,
}

const REVOKE: Statement<{ user_id: string; resource_id: string; now: boolean }> = {
  name: 'revoke-access-token',
  text: `
    with revoked as (
      update access_token set revoked_at = clock_timestamp() where jti = $1 and revoked_at is null returning jti
    )
    select user_id, resource_id, exists (select from revoked) as now from access_token where jti = $1`,
}

/** Issues WOPI access tokens: one user, one file or container, one purpose (DESIGN.md §5). */
@Injectable()
export class AccessTokenService {
  private readonly keys: SigningKeys

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {
    this.keys = deriveKeys(settings.tokenSecrets, 'wopi')
  }

  /**
   * @param until when the token comes out of another one, that one's end: handing tokens on never lengthens a session
   *   (RELIABILITY-SECURITY.md T-08)
   */
  async issue(
    token: {
      userId: string
      resource: 'file' | 'container'
      resourceId: string
      mode: 'view' | 'edit'
      until?: Date
      openedIn?: OpenedIn | undefined
    },
    on: Queryable = this.database,
  ): Promise<IssuedToken> {
    const jti = randomBytes(16).toString('hex')
    const [row] = await on.query(ISSUE, [
      jti,
      token.userId,
      token.resource,
      token.resourceId,
      token.mode,
      token.until ?? null,
      ACCESS_TOKEN_SECONDS,
    ])
    if (!row) throw new Error('the database issued no token')
    const { kid, key } = this.keys.current
    const { editor: edt, application, family: fam } = token.openedIn ?? {}
    const page = edt === undefined ? {} : { edt, app: application?.slice(0, 64), ...(fam && { fam }) }
    const identity = { jti, sub: token.userId, fid: token.resourceId }
    const accessToken = jwt.sign(
      { ...identity, ...page, iat: row.issued, exp: Math.floor(row.expires) },
      key,
      { algorithm: 'HS256', keyid: kid, audience: WOPI_AUDIENCE, issuer: this.settings.publicUrl },
    )
    return { accessToken, accessTokenTtl: Math.floor(row.expires) * 1000, jti }
  }

  /** @returns whose token was revoked just now */
  async revoke(
    on: Queryable,
    jti: string,
  ): Promise<{ userId: string; fileId: string } | 'revoked-before' | 'no-such-token'> {
    const [row] = await on.query(REVOKE, [jti])
    if (!row) return 'no-such-token'
    return row.now ? { userId: row.user_id, fileId: row.resource_id } : 'revoked-before'
  }
}
