import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import type { TokenId, UserId } from '../../ids/ids.js'
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
  readonly user?: string | undefined
  readonly file?: string | undefined
  readonly state?: TokenState | undefined
}

export interface TokenCursor {
  readonly issuedAt: string
  readonly jti: TokenId
}

/**
 * Newest first: what is issued meanwhile comes before the first page and moves nothing. A disabled user's token counts
 * as revoked, as it does at the door (FILE_ACCESS).
 * $1 user, $2 file, $3 state, $4 before issued_at, $5 before jti, $6 limit; null: any
 */
const ISSUED_TOKENS: Statement<
  IssuedTokenRow,
  [string | null, string | null, string | null, string | null, TokenId | null, number]
> = {
  name: 'issued-tokens',
  text: `
    with clock as materialized (select clock_timestamp() as now)
    select * from (
      select t.*, t.issued_at::text as cursor,
        token_state(t.revoked_at, t.expires_at, u.disabled_at, clock.now) as state
      from clock, access_token t join user_account u on u.id = t.user_id
      where ($1::text is null or t.user_id = $1)
        and ($2::text is null or (t.resource_id = $2 and t.resource_kind = 'file'))
        and ($4::timestamptz is null or (t.issued_at, t.jti) < ($4::timestamptz, $5::text))
    ) token
    where $3::text is null or state = $3
    order by issued_at desc, jti desc limit $6`,
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
    return this.database.query(ISSUED_TOKENS, [
      user ?? null,
      file ?? null,
      state ?? null,
      before?.issuedAt ?? null,
      before?.jti ?? null,
      limit,
    ])
  }
}
