import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { Settings } from '../../config/settings.js'
import { WOPI_AUDIENCE } from '../../auth/token-audience.js'
import { Database, type Queryable, type Statement } from '../../database/database.js'
import type { TokenId, UserId } from '../../ids/ids.js'
import {
  ACCESS_TOKEN_SECONDS,
  type OpenedIn,
  type ResourceId,
  type ResourceKind,
} from './access-token.claims.js'
import { deriveKeys, type SigningKeys } from '../../auth/signing-keys.js'

export interface IssuedToken {
  readonly accessToken: string
  /** Epoch milliseconds of its end, not a duration (WOPI.md §1). */
  readonly accessTokenTtl: number
  readonly jti: TokenId
}

/** One of the things that a person gets tokens for. */
export interface TokenResource {
  readonly kind: ResourceKind
  readonly id: ResourceId
  readonly mode: 'view' | 'edit'
}

/** What tokens have from the one that they come out of, or from the page that they are issued for. */
export interface TokenOrigin {
  /** The other token's end: handing tokens on never lengthens a session (RELIABILITY-SECURITY.md T-08). */
  readonly until?: Date | undefined
  readonly openedIn?: OpenedIn | undefined
  /** The browser session that it ends with. */
  readonly webSession?: string | undefined
}

/** The browser session that the token was to end with has ended. */
export class SignedOut extends Error {}

// The database's clock dates the tokens, whichever server issues them. A browser session is held while tokens are
// issued in it: whoever ends it waits, and then sees them.
const ISSUE: Statement<
  { issued: number; expires: number },
  [
    UserId,
    readonly TokenId[],
    readonly ResourceKind[],
    readonly ResourceId[],
    readonly ('view' | 'edit')[],
    Date | null,
    number,
    string | null,
  ]
> = {
  name: 'issue-access-tokens',
  text: `
    with session as materialized (
      select from web_session where cookie_hash = $8 and ended_at is null for share
    )
    insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at, web_session)
    select r.jti, $1, r.kind, r.id, r.mode, t.now, coalesce($6::timestamptz, t.now + $7::float8 * interval '1 s'), $8
    from (select date_trunc('second', clock_timestamp()) as now) t,
      unnest($2::text[], $3::text[], $4::text[], $5::text[]) as r (jti, kind, id, mode)
    where $8::text is null or exists (select from session)
    returning extract(epoch from issued_at)::float8 as issued, extract(epoch from expires_at)::float8 as expires`,
}

const REVOKE: Statement<{ user_id: UserId; resource_id: ResourceId; now: boolean }, [TokenId]> = {
  name: 'revoke-access-token',
  text: `
    with revoked as (
      update access_token set revoked_at = clock_timestamp() where jti = $1 and revoked_at is null returning jti
    )
    select user_id, resource_id, exists (select from revoked) as now from access_token where jti = $1`,
}

/** Issues WOPI access tokens: one user, one file or container, one purpose (T-05). */
@Injectable()
export class AccessTokenService {
  private readonly keys: SigningKeys

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {
    this.keys = deriveKeys(settings.tokenSecrets, 'wopi')
  }

  async issue(
    token: {
      userId: UserId
      resource: ResourceKind
      resourceId: ResourceId
      mode: 'view' | 'edit'
    } & TokenOrigin,
    on: Queryable = this.database,
  ): Promise<IssuedToken> {
    const { userId, resource: kind, resourceId: id, mode } = token
    const [issued] = await this.issueAll(userId, [{ kind, id, mode }], token, on)
    if (!issued) throw new Error('the database issued no token')
    return issued
  }

  /**
   * One token for each resource, in the same order and in one statement: a folder may hold thousands.
   * @throws SignedOut
   */
  async issueAll(
    userId: UserId,
    resources: readonly TokenResource[],
    { until, openedIn, webSession }: TokenOrigin = {},
    on: Queryable = this.database,
  ): Promise<IssuedToken[]> {
    const named = resources.map((resource) => ({
      ...resource,
      jti: randomBytes(16).toString('hex') as TokenId,
    }))
    const [row] = await on.query(ISSUE, [
      userId,
      named.map(({ jti }) => jti),
      named.map(({ kind }) => kind),
      named.map(({ id }) => id),
      named.map(({ mode }) => mode),
      until ?? null,
      ACCESS_TOKEN_SECONDS,
      webSession ?? null,
    ])
    if (!row && webSession !== undefined && named.length > 0) throw new SignedOut()
    // All rows of one statement have the same dates.
    return row ? named.map(({ jti, id }) => this.sign({ jti, sub: userId, fid: id }, openedIn, row)) : []
  }

  private sign(
    identity: { jti: TokenId; sub: UserId; fid: ResourceId },
    openedIn: OpenedIn | undefined,
    { issued, expires }: { issued: number; expires: number },
  ): IssuedToken {
    const { kid, key } = this.keys.current
    const { editor: edt, application, family: fam } = openedIn ?? {}
    const page = edt === undefined ? {} : { edt, app: application?.slice(0, 64), ...(fam && { fam }) }
    const exp = Math.floor(expires)
    const claims = { ...identity, ...page, iat: issued, exp }
    const accessToken = jwt.sign(claims, key, {
      algorithm: 'HS256',
      keyid: kid,
      audience: WOPI_AUDIENCE,
      issuer: this.settings.publicUrl,
    })
    return { accessToken, accessTokenTtl: exp * 1000, jti: identity.jti }
  }

  /** @returns whose token was revoked just now */
  async revoke(
    on: Queryable,
    jti: TokenId,
  ): Promise<{ userId: UserId; resourceId: ResourceId } | 'revoked-before' | 'no-such-token'> {
    const [row] = await on.query(REVOKE, [jti])
    if (!row) return 'no-such-token'
    return row.now ? { userId: row.user_id, resourceId: row.resource_id } : 'revoked-before'
  }
}
