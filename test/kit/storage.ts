import { createDataSource } from '../../ormconfig.js'
import { SessionPurger } from '../../src/coauth-status/session/session-purger.js'
import { readConfig } from '../../src/config/config.js'
import { Database } from '../../src/database/database.js'
import { Caution } from '../../src/installation/caution.js'
import { Housekeeper } from '../../src/installation/housekeeper.js'
import { Pair } from '../../src/installation/pair.js'
import { Logger } from '../../src/logging/logger.js'
import { ShareLinkPurger } from '../../src/permission/sharing/share-link-purger.js'
import { BlobCollector } from '../../src/storage/blobs/blob-collector.js'
import { BlobStore } from '../../src/storage/blobs/blob-store.js'
import { BinPurger } from '../../src/api/files/bin-purger.js'
import { AuditService } from '../../src/audit/audit.service.js'
import { AuditedOncePurger } from '../../src/audit/audited-once-purger.js'
import { Bin } from '../../src/storage/files/bin.service.js'
import { RecoveryPurger } from '../../src/storage/recovery/recovery-purger.js'
import { TransferPurger } from '../../src/storage/chunks/transfer-purger.js'
import { VersionPurger } from '../../src/storage/versions/version-purger.js'
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
  /** All of it, as every hour. */
  readonly hourly: Housekeeper
  readonly auditKeys: AuditedOncePurger

  private constructor(
    private readonly database: Database,
    dataDir: string,
    databaseUrl: string,
  ) {
    const logger = new Logger('info', { write: (line: string) => this.log.push(line) })
    const settings = { ...readConfig({ DATA_DIR: dataDir }), databaseUrl, tokenSecrets: [] }
    const store = new BlobStore(settings, database)
    this.hourly = new Housekeeper(new Caution(database, new Pair(database, settings)), logger)
    this.versions = new VersionPurger(database, logger, this.hourly)
    this.recovery = new RecoveryPurger(database, logger, this.hourly)
    this.sessions = new SessionPurger(database, settings, this.hourly)
    this.transfers = new TransferPurger(database, this.hourly)
    this.links = new ShareLinkPurger(database, this.hourly)
    this.bin = new BinPurger(database, new Bin(database, settings), new AuditService(), logger, this.hourly)
    this.auditKeys = new AuditedOncePurger(database, this.hourly)
    this.blobs = new BlobCollector(store, database, logger, this.hourly)
  }

  static async of({ databaseUrl, dataDir }: Tandem): Promise<Housekeeping> {
    const database = new Database(await createDataSource(databaseUrl, 4).initialize())
    return new Housekeeping(database, dataDir, databaseUrl)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.database.dataSource.destroy()
  }
}
