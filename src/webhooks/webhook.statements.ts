import type { Statement } from '../database/database.js'

/** A receiver is told what happens from its first start on. $1 receiver */
export const INTRODUCE: Statement<Record<string, never>, [string]> = {
  name: 'webhook-introduce',
  text: `
    insert into webhook_cursor (receiver, last_event_id)
    select $1, coalesce((select max(id) from session_event), 0) on conflict (receiver) do nothing`,
}

/** Is there anything new? Asked without a lock, so that servers which are not the first cost nothing. $1 receiver */
export const BEHIND: Statement<Record<string, never>, [string]> = {
  name: 'webhook-behind',
  text: `
    select from session_event
    where id > (select last_event_id from webhook_cursor where receiver = $1) limit 1`,
}

/** Its row lock lets one server at a time hand over; the others wait and then see how far it came. $1 receiver */
export const TAKE_CURSOR: Statement<{ last_event_id: string }, [string]> = {
  name: 'webhook-take-cursor',
  text: `select last_event_id from webhook_cursor where receiver = $1 for no key update`,
}

/** $1 receiver, $2 event id */
export const MOVE_CURSOR: Statement<Record<string, never>, [string, string]> = {
  name: 'webhook-move-cursor',
  text: `update webhook_cursor set last_event_id = $2 where receiver = $1`,
}
