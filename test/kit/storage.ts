import { createDataSource } from '../../ormconfig.js'
import { SessionPurger } from '../../src/coauth-status/session-purger.js'
import { readConfig } from '../../src/config/config.js'
import { Database } from '../../src/database/database.js'
import { Logger } from '../../src/logging/logger.js'
import { ShareLinkPurger } from '../../src/permission/share-link-purger.js'
import { BlobCollector } from '../../src/storage/blob-collector.js'
import { BlobStore } from '../../src/storage/blob-store.js'
import { BinPurger } from '../../src/admin/bin-purger.js'
import { AuditService } from '../../src/audit/audit.service.js'
import { Bin } from '../../src/storage/bin.service.js'
import { RecoveryPurger } from '../../src/storage/recovery-purger.js'
import { TransferPurger } from '../../src/storage/transfer-purger.js'
import { VersionPurger } from '../../src/storage/version-purger.js'
import type { Tandem } from './tandem.js'

/** The background work of one more server on a Tandem's database and folder, to be done when a test says so. */
export class Housekeeping implements AsyncDisposable {
  readonly log: string[] = []
  readonly versions: VersionPurger
  readonly recovery: RecoveryPurger
  readonly blobs: BlobCollector
  readonly sessions: SessionPurger
  readonly transfers: TransferPurger
  readonly links: ShareLinkPurger
  readonly bin: BinPurger

  private constructor(
    private readonly database: Database,
    dataDir: string,
    databaseUrl: string,
  ) {
    const logger = new Logger('info', { write: (line: string) => this.log.push(line) })
    const settings = { ...readConfig({ DATA_DIR: dataDir }), databaseUrl, tokenSecrets: [] }
    const store = new BlobStore(settings, database)
    this.versions = new VersionPurger(database, logger)
    this.recovery = new RecoveryPurger(database, logger)
    this.sessions = new SessionPurger(database, settings, logger)
    this.transfers = new TransferPurger(database, logger)
    this.links = new ShareLinkPurger(database, logger)
    this.bin = new BinPurger(database, new Bin(database, settings), new AuditService(), logger)
    this.blobs = new BlobCollector(store, database, logger)
  }

  static async of({ databaseUrl, dataDir }: Tandem): Promise<Housekeeping> {
    const database = new Database(await createDataSource(databaseUrl, 4).initialize())
    return new Housekeeping(database, dataDir, databaseUrl)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.database.dataSource.destroy()
  }
}
