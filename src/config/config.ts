import { resolve } from 'node:path'
import { z } from 'zod'
import { editorList, proofModes, withProofModes, type EditorSetting } from './editors.js'
import { GOOD_SECRET, isGuessable } from './secret-strength.js'

/** One signing secret: `kid` goes into the token's header, so that old tokens stay valid while secrets rotate. */
export interface TokenSecret {
  readonly kid: string
  readonly secret: Buffer
}

export interface Config {
  readonly host: string
  readonly port: number
  /** Origin under which browsers and editors reach Tandem; never taken from a request (RELIABILITY-SECURITY.md P-08). */
  readonly publicUrl: string
  /** Unset: Tandem starts its own PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | undefined
  /** Of the role that owns the database and changes its schema, so that the server's own role needs no right to. */
  readonly databaseMigrationUrl: string | undefined
  readonly databasePoolSize: number
  readonly dataDir: string
  /** First signs, all verify. Unset: a key file under `dataDir` is made at the first start. */
  readonly tokenSecrets: readonly TokenSecret[] | undefined
  /** Unset: embedded mode, Tandem signs bearer tokens itself. */
  readonly oidc:
    { readonly issuer: string; readonly audience: string; readonly roleClaim: string } | undefined
  /** Who may open documents here; none: anything that has a token (`EDITORS`, `PROOF`). */
  readonly editors: readonly EditorSetting[]
  /** Whose pages may show ours in a frame, beside our own (W-04). */
  readonly frameAncestors: readonly string[]
  /** `plus`: native clients edit together, by coauth locks (WOPI.md §12). */
  readonly coauthProfile: 'web' | 'plus'
  readonly lockTtlMs: number
  readonly lockGraceMs: number
  /** Who saves for everybody in Excel, as far as nothing else was seen (CLIENTS.md §1.4). */
  readonly principalRule: 'last-joined' | 'first-joined'
  /** A save by somebody whose right was taken away so recently is still accepted while others edit; 0: never. */
  readonly revocationSaveGraceMs: number
  /** How long it is kept who worked with whom. */
  readonly presenceRetentionDays: number
  /** How long deleted files can be had back. */
  readonly binRetentionDays: number
  /** Editors fetch documents at addresses that authorise themselves, without a proof. */
  readonly fileUrl: boolean
  readonly maxFileSizeBytes: number
  /** A client that takes nothing for so long of what it is sent is cut off. */
  readonly downloadIdleMs: number
  /** Threads that Node does its file work on, and looks up names: fixed before the process begins. */
  readonly ioThreads: number
  /** The same for workers that are still to begin. */
  readonly workerIoThreads: number
  /** How often a live stream gives a sign of life, and asks whether its reader may still read. */
  readonly eventHeartbeatMs: number
  /** Live streams at once in one process. */
  readonly eventStreams: number
  /** Who is told of events by HTTP, and the secret that signs it. */
  readonly webhooks: { readonly urls: readonly string[]; readonly secret: Buffer } | undefined
  readonly workers: number
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
}

/** A wrong environment variable; the message is one plain sentence that names it. */
export class ConfigError extends Error {}

const seconds = (least: number, most: number, byDefault: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number of seconds')
    .transform(Number)
    .refine((n) => n >= least && n <= most, `must lie between ${least} and ${most} seconds`)
    .default(byDefault)

const anyWhole = (least: number, most: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= least && n <= most, `must lie between ${least} and ${most}`)

const whole = (least: number, most: number, byDefault: number): z.ZodType<number> =>
  anyWhole(least, most).default(byDefault)

const httpOrigin = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:\/\/[^?#]+$/.test(text), 'must be an http(s) URL')
  .transform((text) => text.replace(/\/+$/, ''))

const originList = z.string().transform((text, context): readonly string[] => {
  const origins = text.split(',').map((origin) => origin.trim())
  // Goes into a header as it is: an origin as browsers write it, and nothing else.
  if (origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)) return origins
  context.addIssue('must be a list of origins such as https://portal.example, separated by commas')
  return z.NEVER
})

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgres://')

/** What Node has where `UV_THREADPOOL_SIZE` does not say; it was read when the process began. */
const NODES_IO_THREADS = 4
/** As `npm start` and the image have it. */
const IO_THREADS = 16

const SIZE_UNITS = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const

const size = z
  .string()
  .regex(/^\d{1,12}[KMG]?$/, 'must be bytes, or a number with K, M or G')
  .transform(
    (text) => Number.parseInt(text, 10) * SIZE_UNITS[text.replace(/\d/g, '') as keyof typeof SIZE_UNITS],
  )
  .refine((bytes) => bytes >= 1 && bytes <= 1024 ** 4, 'must lie between 1 byte and 1024G')

const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65535, 8080),
  PUBLIC_URL: httpOrigin.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_MIGRATION_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: whole(2, 100, 10),
  DATA_DIR: z.string().default('./data'),
  STORAGE: z.literal('filesystem', 'must be filesystem').default('filesystem'),
  COAUTH_PROFILE: z.enum(['web', 'plus'], 'must be web or plus').default('web'),
  TOKEN_SECRETS: z.string().optional(),
  OIDC_ISSUER: httpOrigin.optional(),
  OIDC_AUDIENCE: z.string().default('tandem'),
  OIDC_ROLE_CLAIM: z.string().default('roles'),
  EDITORS: editorList.default([]),
  PROOF: proofModes.default('required'),
  FRAME_ANCESTORS: originList.default([]),
  FILE_URL: z
    .enum(['on', 'off'], 'must be on or off')
    .default('off')
    .transform((mode) => mode === 'on'),
  LOCK_TTL_SECONDS: seconds(0.05, 86_400, 1800),
  LOCK_GRACE_SECONDS: seconds(0, 3600, 60),
  PRINCIPAL_RULE: z
    .enum(['last-joined', 'first-joined'], 'must be last-joined or first-joined')
    .default('last-joined'),
  REVOCATION_SAVE_GRACE_SECONDS: seconds(0, 3600, 0),
  PRESENCE_RETENTION_DAYS: whole(1, 3650, 90),
  BIN_RETENTION_DAYS: whole(1, 3650, 30),
  MAX_FILE_SIZE: size.default(2 * 1024 ** 3),
  DOWNLOAD_IDLE_SECONDS: seconds(0.05, 3600, 30),
  UV_THREADPOOL_SIZE: anyWhole(1, 1024).optional(),
  EVENT_HEARTBEAT_SECONDS: seconds(0.05, 30, 15),
  EVENT_STREAMS: whole(1, 100_000, 1000),
  WEBHOOK_URL: z.string().optional(),
  WEBHOOK_SECRET: z.string().optional(),
  WORKERS: whole(1, 64, 1),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
})

/**
 * Reads and checks the whole configuration: README.md has the variables. An empty variable counts as unset.
 * @throws ConfigError for the first wrong variable
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(set)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ConfigError(`${issue?.path.join('.') ?? 'The environment'} ${issue?.message ?? 'is wrong'}.`)
  }
  const e = parsed.data
  if (e.DATABASE_MIGRATION_URL !== undefined && e.DATABASE_URL === undefined) {
    throw new ConfigError('DATABASE_MIGRATION_URL is for use with DATABASE_URL.')
  }
  const editors = withProofModes(e.EDITORS, e.PROOF)
  if ('unknown' in editors) throw new ConfigError(`PROOF names ${editors.unknown}, which EDITORS does not.`)
  const tokenSecrets = e.TOKEN_SECRETS === undefined ? undefined : parseTokenSecrets(e.TOKEN_SECRETS)
  return Object.freeze({
    host: e.HOST,
    port: e.PORT,
    publicUrl: e.PUBLIC_URL ?? `http://localhost:${e.PORT}`,
    databaseUrl: e.DATABASE_URL,
    databaseMigrationUrl: e.DATABASE_MIGRATION_URL,
    databasePoolSize: e.DATABASE_POOL_SIZE,
    dataDir: resolve(e.DATA_DIR),
    tokenSecrets,
    oidc: e.OIDC_ISSUER
      ? { issuer: e.OIDC_ISSUER, audience: e.OIDC_AUDIENCE, roleClaim: e.OIDC_ROLE_CLAIM }
      : undefined,
    editors,
    frameAncestors: e.FRAME_ANCESTORS,
    fileUrl: e.FILE_URL,
    coauthProfile: e.COAUTH_PROFILE,
    lockTtlMs: e.LOCK_TTL_SECONDS * 1000,
    lockGraceMs: e.LOCK_GRACE_SECONDS * 1000,
    principalRule: e.PRINCIPAL_RULE,
    revocationSaveGraceMs: e.REVOCATION_SAVE_GRACE_SECONDS * 1000,
    presenceRetentionDays: e.PRESENCE_RETENTION_DAYS,
    binRetentionDays: e.BIN_RETENTION_DAYS,
    maxFileSizeBytes: e.MAX_FILE_SIZE,
    downloadIdleMs: e.DOWNLOAD_IDLE_SECONDS * 1000,
    ioThreads: e.UV_THREADPOOL_SIZE ?? NODES_IO_THREADS,
    workerIoThreads: e.UV_THREADPOOL_SIZE ?? IO_THREADS,
    eventHeartbeatMs: e.EVENT_HEARTBEAT_SECONDS * 1000,
    eventStreams: e.EVENT_STREAMS,
    webhooks:
      e.WEBHOOK_URL === undefined ? undefined : parseWebhooks(e.WEBHOOK_URL, e.WEBHOOK_SECRET, tokenSecrets),
    workers: e.WORKERS,
    logLevel: e.LOG_LEVEL,
  })
}

function parseTokenSecrets(text: string): TokenSecret[] {
  const secrets = text.split(',').map((entry) => {
    const [, kid, secret] = /^([A-Za-z0-9._-]{1,32}):(.*)$/s.exec(entry.trim()) ?? []
    if (!kid || secret === undefined) {
      throw new ConfigError('TOKEN_SECRETS must be a list of kid:secret, separated by commas.')
    }
    const bytes = Buffer.from(secret)
    if (isGuessable(bytes)) {
      throw new ConfigError(
        `TOKEN_SECRETS has a secret under "${kid}" that can be guessed; use ${GOOD_SECRET}.`,
      )
    }
    return { kid, secret: bytes }
  })
  if (new Set(secrets.map(({ kid }) => kid)).size < secrets.length) {
    throw new ConfigError('TOKEN_SECRETS has the same kid twice.')
  }
  if (new Set(secrets.map(({ secret }) => secret.toString())).size < secrets.length) {
    throw new ConfigError('TOKEN_SECRETS has the same secret under two kids.')
  }
  return secrets
}

function parseWebhooks(
  list: string,
  text: string | undefined,
  tokenSecrets: readonly TokenSecret[] = [],
): NonNullable<Config['webhooks']> {
  const urls = [...new Set(list.split(',').map((url) => url.trim()))]
  // A user name in an address is mistaken for its host by people, and a fragment is never sent.
  if (!urls.every((url) => /^https?:\/\/[^@#\s]+$/.test(url) && URL.canParse(url))) {
    throw new ConfigError('WEBHOOK_URL must be a list of http(s) URLs, separated by commas.')
  }
  if (text === undefined) throw new ConfigError('WEBHOOK_SECRET is required with WEBHOOK_URL.')
  const secret = Buffer.from(text)
  if (isGuessable(secret)) {
    throw new ConfigError(`WEBHOOK_SECRET can be guessed; use ${GOOD_SECRET}.`)
  }
  // Receivers know it: with the same secret they could sign access tokens (C-01).
  if (tokenSecrets.some((known) => known.secret.equals(secret))) {
    throw new ConfigError('WEBHOOK_SECRET must not be one of TOKEN_SECRETS.')
  }
  return { urls, secret }
}
