import type { Statement } from '../database/database.js'
import type { UserId } from '../ids/ids.js'

/**
 * Also those that are over without anybody's doing: tokens that were issued in them may live on. Held in one order, so
 * that two who do this at once do not wait for each other. $1 user
 */
export const END_SESSIONS_OF: Statement<{ cookie_hash: string }, [UserId]> = {
  name: 'end-web-sessions-of',
  text: `
    with held as materialized (
      select cookie_hash from web_session where user_id = $1 and ended_at is null order by cookie_hash for update
    )
    update web_session s set ended_at = clock_timestamp() from held
    where s.cookie_hash = held.cookie_hash
    returning s.cookie_hash`,
}

/**
 * After END_SESSIONS_OF, and not in one statement with it: a token that was issued while it waited for a session's row
 * is not in its snapshot, but in this one's. $1 cookie hashes
 */
export const REVOKE_TOKENS_OF_SESSIONS: Statement<{ revoked: number }, [readonly string[]]> = {
  name: 'revoke-tokens-of-web-sessions',
  text: `
    with revoked as (
      update access_token set revoked_at = clock_timestamp() where web_session = any ($1) and revoked_at is null
      returning jti
    )
    select count(*)::int as revoked from revoked`,
}
