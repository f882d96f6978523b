import { DataSource } from 'typeorm'
import { DatabaseClient } from './src/database/database-client.js'
import type { SessionLimits } from './src/database/session-settings.js'
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
import { ReleasedBlobs1764910000000 } from './src/database/migrations/1764910000000-released-blobs.js'
import { Installation1764911000000 } from './src/database/migrations/1764911000000-installation.js'
import { SchemaRelease1764912000000 } from './src/database/migrations/1764912000000-schema-release.js'
import { VersionModifiedAt1764920000000 } from './src/database/migrations/1764920000000-version-modified-at.js'
import { VersionKind1764921000000 } from './src/database/migrations/1764921000000-version-kind.js'
import { Bin1764930000000 } from './src/database/migrations/1764930000000-bin.js'
import { AuditedOnce1764931000000 } from './src/database/migrations/1764931000000-audited-once.js'
import { LockEpochs1764940000000 } from './src/database/migrations/1764940000000-lock-epochs.js'
import { CoauthRightsUnderTheRow1764941000000 } from './src/database/migrations/1764941000000-coauth-rights-under-the-row.js'
import { UnclearChanges1764950000000 } from './src/database/migrations/1764950000000-unclear-changes.js'
import { OriginOfRefusedSaves1764951000000 } from './src/database/migrations/1764951000000-origin-of-refused-saves.js'
import { ReadinessProbe1764960000000 } from './src/database/migrations/1764960000000-readiness-probe.js'
import { FactsOfPeople1764980000000 } from './src/database/migrations/1764980000000-facts-of-people.js'
import { ReadingAtScale1764990000000 } from './src/database/migrations/1764990000000-reading-at-scale.js'
import { AccessGrant } from './src/permission/sharing/access-grant.entity.js'
import { AccessToken } from './src/permission/tokens/access-token.entity.js'
import { UserAccount } from './src/auth/user-account.entity.js'
import { Container } from './src/storage/containers/container.entity.js'
import { FileVersion } from './src/storage/versions/file-version.entity.js'
import { RecoveryItem } from './src/storage/recovery/recovery-item.entity.js'

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
      ReleasedBlobs1764910000000,
      Installation1764911000000,
      SchemaRelease1764912000000,
      VersionModifiedAt1764920000000,
      VersionKind1764921000000,
      Bin1764930000000,
      AuditedOnce1764931000000,
      LockEpochs1764940000000,
      CoauthRightsUnderTheRow1764941000000,
      UnclearChanges1764950000000,
      OriginOfRefusedSaves1764951000000,
      ReadinessProbe1764960000000,
      FactsOfPeople1764980000000,
      ReadingAtScale1764990000000,
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
      Client: DatabaseClient,
      session: { lockMs: 2000, statementMs: 30_000, idleInTransactionMs: 5000 } satisfies SessionLimits,
    },
  })
}

export default createDataSource(process.env['DATABASE_URL'] ?? 'postgres://localhost/tandem', 2)
