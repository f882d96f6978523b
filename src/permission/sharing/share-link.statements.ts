import type { Statement } from '../../database/database.js'
import type { UserId } from '../../ids/ids.js'
import type { GrantedObject } from './grant.service.js'

type ObjectId = GrantedObject['id']
type ObjectKind = GrantedObject['kind']
export type LinkRole = 'viewer' | 'editor'

export interface ShareLinkRow {
  readonly id: string
  readonly role: LinkRole
  readonly created_by: UserId
  readonly created_at: Date
  readonly expires_at: Date
  /** The first of those who opened it. */
  readonly holders: readonly string[]
  readonly holder_count: number
}

/** What it opens is asked of the view `open_share_link`. */
const LIVES = `revoked_at is null and expires_at > clock_timestamp()`

/** $1 new id, $2 object, $3 kind, $4 role, $5 user, $6 days */
export const LINK: Statement<
  { id: string; made: boolean },
  [string, ObjectId, ObjectKind, LinkRole, UserId, number]
> = {
  name: 'share-link',
  text: `
    with clock as materialized (select clock_timestamp() as now), known as (
      select id from share_link, clock
      where object_id = $2 and object_kind = $3 and role = $4 and created_by = $5 and revoked_at is null
        and expires_at > clock.now + $6::float8 / 2 * interval '1 day'
      order by expires_at desc limit 1
    ), made as (
      insert into share_link (id, object_id, object_kind, role, created_by, created_at, expires_at)
      select $1, $2, $3, $4, $5, now, now + $6::float8 * interval '1 day' from clock
      where not exists (select from known)
      returning id
    )
    select id, false as made from known union all select id, true from made`,
}

/** Oldest first. $1 object, $2 kind, $3 most holders to name */
export const LIVE_LINKS: Statement<ShareLinkRow, [ObjectId, ObjectKind, number]> = {
  name: 'share-links',
  text: `
    select id, role, created_by, created_at, expires_at,
      array(select h.user_id from share_link_holder h where h.link_id = l.id order by h.user_id limit $3) as holders,
      (select count(*)::int from share_link_holder h where h.link_id = l.id) as holder_count
    from share_link l
    where object_id = $1 and object_kind = $2 and ${LIVES}
    order by created_at, id`,
}

/** $1 link, $2 object, $3 kind */
export const REVOKE_LINK: Statement<{ role: LinkRole }, [string, ObjectId, ObjectKind]> = {
  name: 'revoke-share-link',
  text: `
    update share_link set revoked_at = clock_timestamp()
    where id = $1 and object_id = $2 and object_kind = $3 and ${LIVES}
    returning role`,
}

export interface RedeemedRow {
  readonly kind: 'file' | 'container'
  readonly object_id: string
  readonly role: LinkRole
  readonly name: string
  /** False for somebody who had opened the link before. */
  readonly first: boolean
}

/** No row when the link is no good. It need not be held: what it gives is asked live, each time. $1 link, $2 user */
export const REDEEM_LINK: Statement<RedeemedRow, [string, UserId]> = {
  name: 'redeem-share-link',
  text: `
    with link as materialized (
      select id, object_kind, object_id, role, name from open_share_link where id = $1
    ), holder as (
      insert into share_link_holder (user_id, object_id, link_id) select $2, object_id, id from link
      on conflict do nothing
      returning link_id
    )
    select object_kind as kind, object_id, role, name, exists (select from holder) as first from link`,
}
