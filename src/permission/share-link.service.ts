import { Injectable } from '@nestjs/common'
import { createHmac, randomBytes } from 'node:crypto'
import { Settings } from '../config/settings.js'
import { Database, type Queryable, type Statement } from '../database/database.js'
import type { GrantedObject } from './grant.service.js'
import { deriveKeys, type SigningKeys } from './signing-keys.js'

/** How long a link lives. One with less than half of it left is not given out again. */
const LINK_DAYS = 30

export type LinkRole = 'viewer' | 'editor'

export interface ShareLinkRow {
  readonly id: string
  readonly role: LinkRole
  readonly created_by: string
  readonly created_at: Date
  readonly expires_at: Date
}

/** $1 new id, $2 object, $3 kind, $4 role, $5 user, $6 days */
const LINK: Statement<{ id: string; made: boolean }> = {
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

/** Oldest first. $1 object, $2 kind */
const LIVE_LINKS: Statement<ShareLinkRow> = {
  name: 'share-links',
  text: `
    select id, role, created_by, created_at, expires_at from share_link
    where object_id = $1 and object_kind = $2 and revoked_at is null and expires_at > clock_timestamp()
    order by created_at, id`,
}

/** $1 link, $2 object, $3 kind */
const REVOKE_LINK: Statement<{ id: string }> = {
  name: 'revoke-share-link',
  text: `
    update share_link set revoked_at = clock_timestamp()
    where id = $1 and object_id = $2 and object_kind = $3 and revoked_at is null and expires_at > clock_timestamp()
    returning id`,
}

/** Who has a link may what its role says, as long as its maker may give that away. */
@Injectable()
export class ShareLinkService {
  private readonly keys: SigningKeys

  constructor(
    private readonly database: Database,
    settings: Settings,
  ) {
    this.keys = deriveKeys(settings.tokenSecrets, 'share')
  }

  /** The person's link of that role, so that asking ten times leaves one to revoke. */
  async link(
    on: Queryable,
    object: GrantedObject,
    role: LinkRole,
    userId: string,
  ): Promise<{ id: string; made: boolean; secret: string }> {
    const id = randomBytes(16).toString('hex')
    const [link] = await on.query(LINK, [id, object.id, object.kind, role, userId, LINK_DAYS])
    if (!link) throw new Error('the database made no link')
    return { ...link, secret: `${link.id}.${this.sign(link.id)}` }
  }

  /** Those that still open something; never their secrets. */
  async list(object: GrantedObject): Promise<ShareLinkRow[]> {
    return this.database.query(LIVE_LINKS, [object.id, object.kind])
  }

  /** @returns false when there is no such link, or no more */
  async revoke(on: Queryable, object: GrantedObject, id: string): Promise<boolean> {
    return (await on.query(REVOKE_LINK, [id, object.id, object.kind])).length === 1
  }

  // Whoever reads the database, or the list of links, has no link by that.
  private sign(id: string): string {
    return createHmac('sha256', this.keys.current.key).update(id).digest('base64url')
  }
}
