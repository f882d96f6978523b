import type { Statement } from '../database/database.js'
import type { ContainerId, TokenId, UserId } from '../ids/ids.js'

const TOKEN = `
  t.mode,
  token_state(t.revoked_at, t.expires_at, u.disabled_at, clock_timestamp()) as token,
  extract(epoch from t.expires_at)::float8 as expires_at, t.web_session`

export interface TokenRow {
  readonly mode: 'view' | 'edit'
  readonly token: 'live' | 'expired' | 'revoked'
  /** Epoch seconds. */
  readonly expires_at: number
  readonly web_session: string | null
}

export interface ContainerAccessRow extends TokenRow {
  /** The container's columns are null when it does not exist (any more). */
  readonly name: string | null
  readonly parent_id: ContainerId | null
  readonly rank: number
}

/** As FILE_ACCESS, for a container. $1 jti, $2 user, $3 container */
export const CONTAINER_ACCESS: Statement<ContainerAccessRow, [TokenId, UserId, ContainerId]> = {
  name: 'container-access',
  text: `
    select ${TOKEN}, c.name, c.parent_id,
      container_rank(u.id, u.groups, c.id, c.parent_id, c.owner_id, c.ancestors) as rank
    from access_token t
    join user_account u on u.id = t.user_id
    left join container c on c.id = t.resource_id
    where t.jti = $1 and t.user_id = $2 and t.resource_kind = 'container' and t.resource_id = $3`,
}

/** $1 jti, $2 user */
export const ECOSYSTEM_ACCESS: Statement<TokenRow, [TokenId, UserId]> = {
  name: 'ecosystem-access',
  text: `
    select ${TOKEN}
    from access_token t join user_account u on u.id = t.user_id
    where t.jti = $1 and t.user_id = $2 and t.resource_kind = 'ecosystem'`,
}
