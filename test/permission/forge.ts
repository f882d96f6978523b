import { createHmac, randomBytes, type KeyObject } from 'node:crypto'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { deriveKeys } from '../../src/auth/signing-keys.js'
import { execute } from '../kit/postgres.js'
import type { Tandem } from '../kit/tandem.js'

export type Claims = Readonly<Record<string, unknown>>

/** Both halves of a token that can be read without the key. */
export interface OpenToken {
  readonly header: Claims
  readonly payload: Claims
}

export function openToken(token: string): OpenToken {
  const [header = '', payload = ''] = token.split('.')
  return { header: decoded(header), payload: decoded(payload) }
}

/** Makes tokens with the server's own keys, so that each can have exactly one defect. */
export class Forger {
  private constructor(
    readonly wopiKey: KeyObject,
    readonly apiKey: KeyObject,
    readonly kid: string,
  ) {}

  static async of({ dataDir }: Pick<Tandem, 'dataDir'>): Promise<Forger> {
    const secrets = await loadTokenSecrets(readConfig({ DATA_DIR: dataDir }))
    const { kid, key } = deriveKeys(secrets, 'wopi').current
    return new Forger(key, deriveKeys(secrets, 'api').current.key, kid)
  }

  /** The genuine token with other claims; `undefined` takes a claim out. */
  withClaims(genuine: string, claims: Claims): string {
    const { header, payload } = openToken(genuine)
    return this.sign(header, { ...payload, ...claims })
  }

  withHeader(genuine: string, header: Claims): string {
    const open = openToken(genuine)
    return this.sign({ ...open.header, ...header }, open.payload)
  }

  /** @param payload an object, or JSON text for what no object can say (1e400) */
  sign(header: Claims, payload: Claims | string, key: KeyObject | string = this.wopiKey): string {
    const signed = `${encoded(header)}.${encoded(payload)}`
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
  }

  /** A bearer token for the REST face with claims that `npm run token` does not offer. */
  bearer(claims: Claims): string {
    const now = Math.floor(Date.now() / 1000)
    const payload = {
      iss: 'tandem',
      aud: 'tandem-api',
      roles: ['user'],
      iat: now,
      exp: now + 3600,
      ...claims,
    }
    return this.sign({ alg: 'HS256', typ: 'JWT', kid: this.kid }, payload, this.apiKey)
  }
}

/** A genuine edit token for somebody whom REST would give none: its record is written straight into the database. */
export async function issueRegardless(tandem: Tandem, userId: string, fileId: string): Promise<string> {
  const forger = await Forger.of(tandem)
  const jti = randomBytes(16).toString('hex')
  const now = Math.floor(Date.now() / 1000)
  await execute(
    tandem.databaseUrl,
    'insert into user_account (id, display_name) values ($1, $1) on conflict (id) do nothing',
    [userId],
  )
  await execute(
    tandem.databaseUrl,
    `insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at)
     values ($1, $2, 'file', $3, 'edit', to_timestamp($4), to_timestamp($5))`,
    [jti, userId, fileId, now, now + 36_000],
  )
  const identity = { jti, sub: userId, fid: fileId }
  const payload: Claims = {
    ...identity,
    iat: now,
    exp: now + 36_000,
    aud: 'tandem-wopi',
    iss: tandem.publicUrl,
  }
  return forger.sign({ alg: 'HS256', typ: 'JWT', kid: forger.kid }, payload)
}

/** The id of the token's record in the database. */
export function jtiOf(token: string): string {
  return String(openToken(token).payload['jti'])
}

export function encoded(value: Claims | string): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function decoded(part: string): Claims {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims
}
