import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { AuditService } from '../../audit/audit.service.js'
import { Database } from '../../database/database.js'
import { Housekeeper } from '../../installation/housekeeper.js'
import { Logger } from '../../logging/logger.js'
import { Bin } from '../../storage/files/bin.service.js'

const FILES_AT_ONCE = 100

/** In the audit, where nobody did it: no person's id has a bracket. */
export const BY_RETENTION = '(retention)'

/** Ends deleted files when BIN_RETENTION_DAYS are over; `BlobCollector` takes their bytes. */
@Injectable()
export class BinPurger {
  constructor(
    private readonly database: Database,
    private readonly bin: Bin,
    private readonly audit: AuditService,
    private readonly logger: Logger,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('purge the bin', () => this.purge())
  }

  /** @returns how many files were purged */
  async purge(): Promise<number> {
    let purged = 0
    for (let last = FILES_AT_ONCE; last === FILES_AT_ONCE; purged += last) last = await this.purgeSome()
    if (purged > 0)
      this.logger.info(
        { event: 'bin-purged', files: purged },
        'deleted files were purged: their time is over',
      )
    return purged
  }

  private purgeSome(): Promise<number> {
    const correlationId = randomBytes(12).toString('hex')
    return this.database.transaction(async (tx) => {
      const gone = await this.bin.purge(tx, await this.bin.lockDue(tx, FILES_AT_ONCE))
      for (const { id: objectId, detail } of gone) {
        const event = { actor: BY_RETENTION, action: 'file-purged', objectId, outcome: 'done' } as const
        await this.audit.record(tx, { ...event, correlationId, detail })
      }
      return gone.length
    })
  }
}
