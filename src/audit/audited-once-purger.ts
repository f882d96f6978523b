import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../database/database.js'
import { Housekeeper } from '../installation/housekeeper.js'

const ROWS_AT_ONCE = 5000

/** No token and no hour that a key names is of use any more by then. $1 limit */
const DELETE_KEYS: Statement<{ gone: number }, [number]> = {
  name: 'delete-old-audit-keys',
  plan: 'anew',
  text: `
    delete from audited_once where key in (
      select key from audited_once where at < clock_timestamp() - interval '3 days' order by at limit $1
      for update skip locked)
    returning 1 as gone`,
}

/** Forgets what need not be told apart any more; the audit itself stays. */
@Injectable()
export class AuditedOncePurger {
  constructor(
    private readonly database: Database,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('forget old keys of the audit', () => this.purge())
  }

  async purge(): Promise<void> {
    while ((await this.database.query(DELETE_KEYS, [ROWS_AT_ONCE])).length === ROWS_AT_ONCE);
  }
}
