import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from './config.js'

const GOOD_SECRET = '0123456789abcdef0123456789ABCDEF'

describe('the configuration', () => {
  it('stands on its own: nothing has to be set', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://localhost:8080',
      databaseUrl: undefined,
      databasePoolSize: 10,
      tokenSecrets: undefined,
      oidc: undefined,
      fileUrl: false,
      coauthProfile: 'web',
      lockTtlMs: 1_800_000,
      lockGraceMs: 60_000,
      maxFileSizeBytes: 2 * 1024 ** 3,
      workers: 1,
      logLevel: 'info',
    })
  })

  it.each([
    ['PORT', 'abc', 'PORT must be a whole number.'],
    ['PORT', '65536', 'PORT must lie between 0 and 65535.'],
    ['PORT', '-1', 'PORT must be a whole number.'],
    ['PUBLIC_URL', 'tandem.example', 'PUBLIC_URL must be an http(s) URL.'],
    ['PUBLIC_URL', 'file:///etc/passwd', 'PUBLIC_URL must be an http(s) URL.'],
    ['DATABASE_URL', 'mysql://db', 'DATABASE_URL must start with postgres://.'],
    ['DATABASE_POOL_SIZE', '1', 'DATABASE_POOL_SIZE must lie between 2 and 100.'],
    ['STORAGE', 's3', 'STORAGE must be filesystem.'],
    ['COAUTH_PROFILE', 'desktop', 'COAUTH_PROFILE must be web or plus.'],
    ['OIDC_ISSUER', 'login', 'OIDC_ISSUER must be an http(s) URL.'],
    ['FILE_URL', 'yes', 'FILE_URL must be on or off.'],
    ['LOCK_TTL_SECONDS', '30m', 'LOCK_TTL_SECONDS must be a number of seconds.'],
    ['LOCK_TTL_SECONDS', '0', 'LOCK_TTL_SECONDS must lie between 0.05 and 86400 seconds.'],
    ['LOCK_GRACE_SECONDS', '-1', 'LOCK_GRACE_SECONDS must be a number of seconds.'],
    ['LOCK_GRACE_SECONDS', '3601', 'LOCK_GRACE_SECONDS must lie between 0 and 3600 seconds.'],
    ['MAX_FILE_SIZE', '1TB', 'MAX_FILE_SIZE must be bytes, or a number with K, M or G.'],
    ['MAX_FILE_SIZE', '0', 'MAX_FILE_SIZE must lie between 1 byte and 1024G.'],
    ['MAX_FILE_SIZE', '1025G', 'MAX_FILE_SIZE must lie between 1 byte and 1024G.'],
    ['WORKERS', '0', 'WORKERS must lie between 1 and 64.'],
    ['WORKERS', '1.5', 'WORKERS must be a whole number.'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent.'],
    ['TOKEN_SECRETS', 'secret', 'TOKEN_SECRETS must be a list of kid:secret, separated by commas.'],
    [
      'TOKEN_SECRETS',
      `a b:${GOOD_SECRET}`,
      'TOKEN_SECRETS must be a list of kid:secret, separated by commas.',
    ],
    [
      'TOKEN_SECRETS',
      `k:${GOOD_SECRET},`,
      'TOKEN_SECRETS must be a list of kid:secret, separated by commas.',
    ],
    ['TOKEN_SECRETS', `k:${GOOD_SECRET},k:${GOOD_SECRET}!`, 'TOKEN_SECRETS has the same kid twice.'],
    [
      'TOKEN_SECRETS',
      `a:${GOOD_SECRET},b:${GOOD_SECRET}`,
      'TOKEN_SECRETS has the same secret under two kids.',
    ],
    ['DATABASE_MIGRATION_URL', 'mysql://db', 'DATABASE_MIGRATION_URL must start with postgres://.'],
    [
      'DATABASE_MIGRATION_URL',
      'postgres://db/tandem',
      'DATABASE_MIGRATION_URL is for use with DATABASE_URL.',
    ],
    ['EVENT_HEARTBEAT_SECONDS', '31', 'EVENT_HEARTBEAT_SECONDS must lie between 0.05 and 30 seconds.'],
    ['EVENT_STREAMS', '0', 'EVENT_STREAMS must lie between 1 and 100000.'],
    ['WEBHOOK_URL', 'https://receiver.example/', 'WEBHOOK_SECRET is required with WEBHOOK_URL.'],
  ])('says in one plain sentence what is wrong with %s=%s', (name, value, sentence) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError)
    expect(() => readConfig({ [name]: value })).toThrow(new Error(sentence))
  })

  it.each(['', 'secret', 'changeme', 'x'.repeat(31), 'a'.repeat(64), 'abcd'.repeat(16)])(
    'C-01: refuses the guessable secret %j, and does not repeat it',
    (secret) => {
      const read = (): unknown => readConfig({ TOKEN_SECRETS: `k1:${secret}` })
      expect(read).toThrow(/^TOKEN_SECRETS has a secret under "k1" that can be guessed; use 32 random bytes/)
      if (secret !== '' && secret !== 'secret') expect(read).not.toThrow(secret)
    },
  )

  it.each(['secret', 'x'.repeat(31), 'abcd'.repeat(16)])(
    'C-01: refuses to sign webhooks with %j',
    (secret) => {
      const read = (): unknown => readConfig({ WEBHOOK_URL: 'https://a/', WEBHOOK_SECRET: secret })
      expect(read).toThrow(/^WEBHOOK_SECRET can be guessed; use 32 random bytes/)
      expect(read).not.toThrow(secret === 'secret' ? 'secret can' : secret)
    },
  )

  it.each(['receiver', 'file:///etc/passwd', 'http://', 'http://a@b/', 'https://a/,', 'https://a b/'])(
    'S-06: sends webhooks to no %s',
    (url) => {
      expect(() => readConfig({ WEBHOOK_URL: url, WEBHOOK_SECRET: GOOD_SECRET })).toThrow(
        new Error('WEBHOOK_URL must be a list of http(s) URLs, separated by commas.'),
      )
    },
  )

  it('C-01: refuses one secret for two purposes', () => {
    const both = { TOKEN_SECRETS: `k:${GOOD_SECRET}`, WEBHOOK_SECRET: GOOD_SECRET }
    expect(() => readConfig({ ...both, WEBHOOK_URL: 'https://a/' })).toThrow(
      new Error('WEBHOOK_SECRET must not be one of TOKEN_SECRETS.'),
    )
  })

  it('reads receivers of webhooks, each once', () => {
    const env = { WEBHOOK_URL: 'https://a/x?y=1, http://b:8080,https://a/x?y=1', WEBHOOK_SECRET: GOOD_SECRET }
    expect(readConfig(env).webhooks).toEqual({
      urls: ['https://a/x?y=1', 'http://b:8080'],
      secret: Buffer.from(GOOD_SECRET),
    })
  })

  it('names one variable at a time', () => {
    const read = (): unknown => readConfig({ PORT: 'x', WORKERS: 'y', LOG_LEVEL: 'z' })
    expect(read).toThrow(/^[A-Z_]+ [^\n]*\.$/)
  })

  it('counts an empty variable as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '', LOG_LEVEL: '' })).toEqual(readConfig({}))
  })

  it('reads sizes, seconds and secrets as operators write them', () => {
    const config = readConfig({
      PORT: '0',
      PUBLIC_URL: 'https://tandem.example/',
      DATABASE_URL: 'postgresql://db/tandem',
      MAX_FILE_SIZE: '512K',
      LOCK_TTL_SECONDS: '0.5',
      LOCK_GRACE_SECONDS: '0',
      OIDC_ISSUER: 'https://login.example',
      TOKEN_SECRETS: `new:${GOOD_SECRET}, old:${GOOD_SECRET}!`,
    })
    expect(config).toMatchObject({
      port: 0,
      publicUrl: 'https://tandem.example',
      databaseUrl: 'postgresql://db/tandem',
      maxFileSizeBytes: 524_288,
      lockTtlMs: 500,
      lockGraceMs: 0,
      oidc: { issuer: 'https://login.example', audience: 'tandem', roleClaim: 'roles' },
    })
    expect(config.tokenSecrets?.map(({ kid }) => kid)).toEqual(['new', 'old'])
  })

  it('cannot be changed once it is read', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true)
  })
})
