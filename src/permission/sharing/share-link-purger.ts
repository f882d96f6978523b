import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import { Housekeeper } from '../../installation/housekeeper.js'

/** As long as a person is told that the right to edit was taken away (OpeningService): a link's holders tell whose it was. */
const KEPT_DAYS = 30
const ROWS_AT_ONCE = 2000

/** An ended link is not good again, so nobody becomes its holder meanwhile. $1 days, $2 limit */
const DELETE_HOLDERS: Statement<{ gone: number }, [number, number]> = {
  name: 'delete-old-share-link-holders',
  plan: 'anew',
  text: `
    delete from share_link_holder where (link_id, user_id) in (
      select h.link_id, h.user_id from share_link l join share_link_holder h on h.link_id = l.id
      where least(l.revoked_at, l.expires_at) < clock_timestamp() - $1::int * interval '1 day'
      limit $2 for update of h skip locked)
    returning 1 as gone`,
}

/** Forgets who had a link that ended long ago; else every list of theirs would go on looking it up. */
@Injectable()
export class ShareLinkPurger {
  constructor(
    private readonly database: Database,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('forget who had old share links', () => this.purge())
  }

  async purge(): Promise<void> {
    while ((await this.database.query(DELETE_HOLDERS, [KEPT_DAYS, ROWS_AT_ONCE])).length === ROWS_AT_ONCE);
  }
}
