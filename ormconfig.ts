import { DataSource } from 'typeorm'
import { Foundation1764000000000 } from './src/database/migrations/1764000000000-foundation.js'
import { TokenAdmits1764100000000 } from './src/database/migrations/1764100000000-token-admits.js'
import { CoauthStatus1764200000000 } from './src/database/migrations/1764200000000-coauth-status.js'
import { WebhookCursor1764300000000 } from './src/database/migrations/1764300000000-webhook-cursor.js'
import { AdminReading1764350000000 } from './src/database/migrations/1764350000000-admin-reading.js'
import { PresenceReading1764400000000 } from './src/database/migrations/1764400000000-presence-reading.js'
import { EcosystemTokens1764450000000 } from './src/database/migrations/1764450000000-ecosystem-tokens.js'
import { ShareLinks1764500000000 } from './src/database/migrations/1764500000000-share-links.js'
import { WebSessions1764550000000 } from './src/database/migrations/1764550000000-web-sessions.js'
import { ShareLinkHolders1764600000000 } from './src/database/migrations/1764600000000-share-link-holders.js'
import { Reach1764620000000 } from './src/database/migrations/1764620000000-reach.js'
import { CoauthLocks1764700000000 } from './src/database/migrations/1764700000000-coauth-locks.js'
import { IncrementalTransfer1764800000000 } from './src/database/migrations/1764800000000-incremental-transfer.js'
import { UnclearChanges1764950000000 } from './src/database/migrations/1764950000000-unclear-changes.js'
import { VersionModifiedAt1764920000000 } from './src/database/migrations/1764920000000-version-modified-at.js'
import { Bin1764930000000 } from './src/database/migrations/1764930000000-bin.js'
import { OriginOfRefusedSaves1764951000000 } from './src/database/migrations/1764951000000-origin-of-refused-saves.js'
import { LockEpochs1764940000000 } from './src/database/migrations/1764940000000-lock-epochs.js'
import { CoauthRightsUnderTheRow1764941000000 } from './src/database/migrations/1764941000000-coauth-rights-under-the-row.js'
import { AccessGrant } from './src/permission/access-grant.entity.js'
import { AccessToken } from './src/permission/access-token.entity.js'
import { UserAccount } from './src/permission/user-account.entity.js'
import { Container } from './src/storage/container.entity.js'
import { FileVersion } from './src/storage/file-version.entity.js'
import { RecoveryItem } from './src/storage/recovery-item.entity.js'

/** The one DataSource: the server, the migrations and the command line tools all come here. */
export function createDataSource(databaseUrl: string, poolSize: number): DataSource {
  return new DataSource({
    type: 'postgres',
    entities: [UserAccount, AccessGrant, AccessToken, Container, FileVersion, RecoveryItem],
    migrations: [
      Foundation1764000000000,
      TokenAdmits1764100000000,
      CoauthStatus1764200000000,
      WebhookCursor1764300000000,
      AdminReading1764350000000,
      PresenceReading1764400000000,
      EcosystemTokens1764450000000,
      ShareLinks1764500000000,
      WebSessions1764550000000,
      ShareLinkHolders1764600000000,
      Reach1764620000000,
      CoauthLocks1764700000000,
      IncrementalTransfer1764800000000,
      UnclearChanges1764950000000,
      OriginOfRefusedSaves1764951000000,
      VersionModifiedAt1764920000000,
      Bin1764930000000,
      LockEpochs1764940000000,
      CoauthRightsUnderTheRow1764941000000,
    ],
    migrationsTableName: 'migration',
    synchronize: false,
    applicationName: 'tandem',
    extra: {
      // Past TypeORM's own URL parser, which knows no unix sockets; the embedded PostgreSQL listens on one.
      connectionString: databaseUrl,
      max: poolSize,
      // A database that does not answer becomes 503 within a second instead of a queue of waiting editors.
      connectionTimeoutMillis: 1000,
      // PostgreSQL's own limits below do not help when PostgreSQL itself hangs. Enough for a COMMIT on a very slow disk.
      query_timeout: 10_000,
      lock_timeout: 2000,
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 5000,
    },
  })
}

export default createDataSource(process.env['DATABASE_URL'] ?? 'postgres://localhost/tandem', 2)
