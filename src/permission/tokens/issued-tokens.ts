import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import type { FileId, TokenId, UserId } from '../../ids/ids.js'
import type { ResourceKind } from './access-token.claims.js'

export const TOKEN_STATES = ['live', 'expired', 'revoked'] as const
export type TokenState = (typeof TOKEN_STATES)[number]

/** The record of an access token, never the token. */
export interface IssuedTokenRow {
  readonly jti: TokenId
  readonly user_id: UserId
  readonly resource_kind: ResourceKind
  readonly resource_id: string
  readonly mode: 'view' | 'edit'
  readonly issued_at: Date
  readonly expires_at: Date
  readonly revoked_at: Date | null
  readonly state: TokenState
  readonly cursor: string
}

export interface TokenFilter {
  readonly user?: UserId | undefined
  readonly file?: FileId | undefined
  readonly state?: TokenState | undefined
}

export interface TokenCursor {
  readonly issuedAt: string
  readonly jti: TokenId
}

const CLOCK = `with clock as materialized (select clock_timestamp() as now)`
const NEWEST_FIRST = `order by t.issued_at desc, t.jti desc`

/** Of a token `t` and its user `u`. */
const ROW = `t.*, t.issued_at::text as cursor,
      token_state(t.revoked_at, t.expires_at, u.disabled_at, clock.now) as state`

/** $1–$3 */
type TokenPage = [string | null, TokenId | null, number]

/** Of tokens `t`. $1 before issued_at, $2 before jti, or null */
const BEFORE = `($1::timestamptz is null or (t.issued_at, t.jti) < ($1::timestamptz, $2::text))`

/**
 * Newest first: what is issued meanwhile comes before the first page and moves nothing. A disabled user's token counts
 * as revoked, as it does at the door (FILE_ACCESS). What may be live is found by its expiry, among all that ever were.
 * $1 before issued_at, $2 before jti, $3 limit, $4 user, $5 file, $6 state; null: any
 */
const ISSUED_TOKENS: Statement<IssuedTokenRow, [...TokenPage, UserId | null, FileId | null, string | null]> =
  {
    name: 'issued-tokens',
    plan: 'anew',
    text: `${CLOCK}
    select * from (
      select ${ROW}
      from clock, access_token t join user_account u on u.id = t.user_id
      where ${BEFORE} and ($4::text is null or t.user_id = $4)
        and ($5::text is null or (t.resource_id = $5 and t.resource_kind = 'file'))
        and ($6::text is distinct from 'live' or t.expires_at > now())
    ) t
    where $6::text is null or state = $6
    ${NEWEST_FIRST} limit $3`,
  }

/**
 * All those that are revoked: by themselves, or with their user. Of the disabled users only those can have one of
 * the newest whose own newest is among the newest of them all: so nobody's tokens are read but theirs.
 * $1 before issued_at, $2 before jti, $3 limit, $4 user; null: any
 */
const REVOKED_TOKENS: Statement<IssuedTokenRow, [...TokenPage, UserId | null]> = {
  name: 'revoked-tokens',
  plan: 'anew',
  text: `${CLOCK}, by_themselves as (
      select t.jti from access_token t
      where t.revoked_at is not null and ($4::text is null or t.user_id = $4) and ${BEFORE} ${NEWEST_FIRST} limit $3
    ), disabled as (
      select u.id from user_account u, lateral (
        select t.issued_at, t.jti from access_token t where t.user_id = u.id and ${BEFORE} ${NEWEST_FIRST} limit 1
      ) t
      where u.disabled_at is not null and ($4::text is null or u.id = $4) ${NEWEST_FIRST} limit $3
    ), with_their_user as (
      select t.jti from disabled, lateral (
        select t.issued_at, t.jti from access_token t where t.user_id = disabled.id and ${BEFORE} ${NEWEST_FIRST} limit $3
      ) t
      ${NEWEST_FIRST} limit $3
    )
    select ${ROW}
    from clock, (select jti from by_themselves union select jti from with_their_user) revoked
    join access_token t using (jti) join user_account u on u.id = t.user_id
    ${NEWEST_FIRST} limit $3`,
}

/** Which access tokens were given out, and which of them still open a document. */
@Injectable()
export class IssuedTokens {
  constructor(private readonly database: Database) {}

  async list(
    { user, file, state }: TokenFilter,
    before: TokenCursor | undefined,
    limit: number,
  ): Promise<IssuedTokenRow[]> {
    const page: TokenPage = [before?.issuedAt ?? null, before?.jti ?? null, limit]
    return state === 'revoked' && file === undefined
      ? this.database.query(REVOKED_TOKENS, [...page, user ?? null])
      : this.database.query(ISSUED_TOKENS, [...page, user ?? null, file ?? null, state ?? null])
  }
}
