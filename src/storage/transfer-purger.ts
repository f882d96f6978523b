import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Database } from '../database/database.js'
import { Logger } from '../logging/logger.js'
import { DELETE_OLD_PROPERTIES, DELETE_OLD_STREAMS } from './stream.statements.js'
import { DELETE_OLD_SESSIONS } from './upload-session.statements.js'

const EVERY_MS = 3600_000

/**
 * Deletes alternate streams and properties 30 days after their last update, and upload sessions that have ended; nobody
 * has seen them since. `BlobCollector` takes their bytes.
 */
@Injectable()
export class TransferPurger implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.purge().catch((error: unknown) => {
        const why = 'could not delete old streams and upload sessions; trying again in an hour'
        this.logger.warn({ error: String(error) }, why)
      })
    }, EVERY_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  /** @returns how many streams, properties and sessions were deleted */
  async purge(): Promise<number> {
    let deleted = 0
    for (const statement of [DELETE_OLD_STREAMS, DELETE_OLD_PROPERTIES]) {
      deleted += (await this.database.query(statement, [])).length
    }
    return deleted + (await this.database.query(DELETE_OLD_SESSIONS, [])).length
  }
}
