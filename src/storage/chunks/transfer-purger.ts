import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { Housekeeper } from '../../installation/housekeeper.js'
import { DELETE_OLD_PROPERTIES, DELETE_OLD_STREAMS } from './stream.statements.js'
import { DELETE_OLD_SESSIONS } from './upload-session.statements.js'

const ROWS_AT_ONCE = 500

/**
 * Deletes alternate streams and properties 30 days after their last update, and upload sessions that have ended; nobody
 * has seen them since. `BlobCollector` takes their bytes.
 */
@Injectable()
export class TransferPurger {
  constructor(
    private readonly database: Database,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('delete old streams and upload sessions', () => this.purge())
  }

  /** @returns how many streams, properties and sessions were deleted */
  async purge(): Promise<number> {
    let deleted = 0
    for (const statement of [DELETE_OLD_STREAMS, DELETE_OLD_PROPERTIES, DELETE_OLD_SESSIONS]) {
      for (let last = ROWS_AT_ONCE; last === ROWS_AT_ONCE; deleted += last) {
        last = (await this.database.query<object, [number]>(statement, [ROWS_AT_ONCE])).length
      }
    }
    return deleted
  }
}
