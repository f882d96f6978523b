import type { Statement } from '../database/database.js'
import type { UserId } from '../ids/ids.js'
import type { ApiRole } from './api-user.js'

export interface WebSessionRow {
  readonly user_id: UserId
  readonly display_name: string
  readonly principal_name: string | null
  readonly role: ApiRole
  /** Epoch milliseconds. */
  readonly expires_at: number
}

/** Of a session `s`, however long nobody has been there. */
export function isOpen(at: string): string {
  return `s.ended_at is null and s.expires_at > ${at}`
}

/** Of a session `s` at `clock.now`. $1 cookie hash, $2 idle seconds */
const LIVES = `s.cookie_hash = $1 and ${isOpen('clock.now')}
        and s.last_seen_at > clock.now - $2::float8 * interval '1 s'`

/** Asked by what only listens, and so keeps nobody signed in. $1 cookie hash, $2 idle seconds */
export const SESSION_LIVES: Statement<{ lives: boolean }, [string, number]> = {
  name: 'web-session-lives',
  text: `
    with clock as materialized (select clock_timestamp() as now)
    select exists (select from web_session s, clock where ${LIVES}) as lives`,
}

/**
 * A sign-in opens one session, whoever comes first; those long over make room, a few at a time.
 * $1 cookie hash, $2 sign-in, $3 user, $4 role, $5 longest seconds
 */
export const OPEN_SESSION: Statement<{ opened: boolean }, [string, string, UserId, string, number]> = {
  name: 'open-web-session',
  text: `
    with clock as materialized (select clock_timestamp() as now), swept as (
      delete from web_session where cookie_hash in (
        select s.cookie_hash from web_session s, clock where s.expires_at < clock.now - interval '1 day'
        limit 100 for update of s skip locked)
    )
    insert into web_session (cookie_hash, sign_in, user_id, role, started_at, last_seen_at, expires_at)
    select $1, $2, $3, $4, now, now, now + $5::float8 * interval '1 s' from clock
    on conflict (sign_in) do nothing
    returning true as opened`,
}

/** Writes at most once a minute who is still there. $1 cookie hash, $2 idle seconds */
export const FIND_SESSION: Statement<WebSessionRow, [string, number]> = {
  name: 'find-web-session',
  text: `
    with clock as materialized (select clock_timestamp() as now), live as materialized (
      select s.* from web_session s, clock
      where ${LIVES}
    ), seen as (
      update web_session s set last_seen_at = clock.now from clock, live
      where s.cookie_hash = live.cookie_hash and live.last_seen_at < clock.now - interval '1 minute'
    )
    select live.user_id, u.display_name, u.principal_name, live.role,
      epoch_ms(live.expires_at) as expires_at
    from live join user_account u on u.id = live.user_id and u.disabled_at is null`,
}

/** $1 cookie hash */
export const END_SESSION: Statement<{ user_id: UserId }, [string]> = {
  name: 'end-web-session',
  text: `
    update web_session set ended_at = clock_timestamp() where cookie_hash = $1 and ended_at is null returning user_id`,
}

/** $1 cookie hash before, $2 and now */
export const TRANSFER_TOKENS: Statement<Record<string, never>, [string, string]> = {
  name: 'hand-on-tokens-of-web-session',
  text: `update access_token set web_session = $2 where web_session = $1 and revoked_at is null`,
}
