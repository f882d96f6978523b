import { Injectable } from '@nestjs/common'
import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import { Settings } from '../../config/settings.js'
import { Database, type Queryable } from '../../database/database.js'
import type { UserId } from '../../ids/ids.js'
import type { GrantedObject } from './grant.service.js'
import {
  LINK,
  LIVE_LINKS,
  REDEEM_LINK,
  REVOKE_LINK,
  type LinkRole,
  type RedeemedRow,
  type ShareLinkRow,
} from './share-link.statements.js'
import { deriveKeys, type SigningKeys } from '../../auth/signing-keys.js'

/** How long a link lives. One with less than half of it left is not given out again. */
const LINK_DAYS = 30
/** That are named with a link; beyond that they are counted. */
const MAX_HOLDERS = 100

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
    userId: UserId,
  ): Promise<{ id: string; made: boolean; secret: string }> {
    const id = randomBytes(16).toString('hex')
    const [link] = await on.query(LINK, [id, object.id, object.kind, role, userId, LINK_DAYS])
    if (!link) throw new Error('the database made no link')
    return { ...link, secret: `${link.id}.${macOf(link.id, this.keys.current.key)}` }
  }

  /** Those that still open something; never their secrets. */
  async list(object: GrantedObject): Promise<ShareLinkRow[]> {
    return this.database.query(LIVE_LINKS, [object.id, object.kind, MAX_HOLDERS])
  }

  /** @returns what the link gave; undefined when there is no such link, or no more */
  async revoke(on: Queryable, object: GrantedObject, id: string): Promise<LinkRole | undefined> {
    return (await on.query(REVOKE_LINK, [id, object.id, object.kind]))[0]?.role
  }

  /**
   * Gives the person what the link gives, for as long as it is good.
   * @returns the link's id and what it is to; undefined for one that is not ours, or no good any more
   */
  async redeem(
    on: Queryable,
    secret: string,
    userId: UserId,
  ): Promise<(RedeemedRow & { linkId: string }) | undefined> {
    const linkId = this.genuineId(secret)
    if (linkId === undefined) return undefined
    const [row] = await on.query(REDEEM_LINK, [linkId, userId])
    return row && { ...row, linkId }
  }

  /** Compared as text: one link has one spelling. Every key is tried, so that time tells nothing of which one fits. */
  private genuineId(secret: string): string | undefined {
    const [, id, mac] = /^([0-9a-f]{32})\.([\w-]{43})$/.exec(secret) ?? []
    if (id === undefined || mac === undefined) return undefined
    const presented = Buffer.from(mac)
    const matches = this.keys.all.map(({ key }) => timingSafeEqual(presented, Buffer.from(macOf(id, key))))
    return matches.includes(true) ? id : undefined
  }
}

// Whoever reads the database, or the list of links, has no link by that.
function macOf(id: string, key: KeyObject): string {
  return createHmac('sha256', key).update(id).digest('base64url')
}
