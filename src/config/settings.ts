import type { Config, TokenSecret } from './config.js'

/** What the modules are given: the configuration with its open ends (database, secrets) resolved at start. */
export abstract class Settings implements Omit<
  Config,
  'databaseUrl' | 'databaseMigrationUrl' | 'tokenSecrets'
> {
  abstract readonly host: string
  abstract readonly port: number
  abstract readonly publicUrl: string
  abstract readonly databaseUrl: string
  abstract readonly databasePoolSize: number
  abstract readonly dataDir: string
  abstract readonly tokenSecrets: readonly TokenSecret[]
  abstract readonly oidc: Config['oidc']
  abstract readonly editors: Config['editors']
  abstract readonly frameAncestors: Config['frameAncestors']
  abstract readonly fileUrl: boolean
  abstract readonly coauthProfile: Config['coauthProfile']
  abstract readonly lockTtlMs: number
  abstract readonly lockGraceMs: number
  abstract readonly principalRule: Config['principalRule']
  abstract readonly revocationSaveGraceMs: number
  abstract readonly presenceRetentionDays: number
  abstract readonly binRetentionDays: number
  abstract readonly maxFileSizeBytes: number
  abstract readonly eventHeartbeatMs: number
  abstract readonly eventStreams: number
  abstract readonly webhooks: Config['webhooks']
  abstract readonly workers: number
  abstract readonly logLevel: Config['logLevel']
}
