import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encoded, type Claims } from '../permission/forge.js'

export interface SigningKey {
  readonly kid: string
  readonly alg: 'RS256' | 'ES256'
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function newKey(kid: string, alg: SigningKey['alg']): SigningKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, alg, ...pair }
}

/** As it stands among the published keys. */
export function published({ kid, alg, publicKey }: SigningKey): object {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}

/** A small identity provider on this machine: metadata, keys, tokens. */
export class Issuer implements AsyncDisposable {
  readonly rsa = newKey('rsa-1', 'RS256')
  readonly ec = newKey('ec-1', 'ES256')
  /** What it publishes beside them. */
  readonly further: object[] = []
  /** How often its keys were fetched. */
  keyRequests = 0
  /** Instead of its keys, or its metadata. */
  readonly answers = new Map<
    '/keys' | '/.well-known/openid-configuration',
    (response: ServerResponse) => void
  >()
  /** How often it was asked for anything. */
  requests = 0
  /** Its keys are not to be had now. */
  failingKeys = false

  private constructor(
    readonly url: string,
    /** As it calls itself in metadata and tokens. */
    readonly name: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async start({
    nameEnding = '',
    port = 0,
    failing,
  }: { nameEnding?: string; port?: number; failing?: number } = {}): Promise<Issuer> {
    const server = createServer((request, response) => {
      const otherwise = issuer.answers.get(request.url as '/keys')
      const answer = issuer.answer(request.url ?? '')
      const down = issuer.failingKeys && request.url === '/keys' ? 500 : failing
      if (otherwise) {
        otherwise(response)
        return
      }
      response.writeHead(down ?? (answer ? 200 : 404), { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer ?? {}))
    })
    await once(server.listen(port, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const issuer = new Issuer(url, url + nameEnding, async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    })
    return issuer
  }

  private answer(path: string): object | undefined {
    this.requests++
    if (path === '/.well-known/openid-configuration')
      return {
        issuer: this.name,
        jwks_uri: `${this.url}/keys`,
        authorization_endpoint: `${this.url}/authorize?prompt="x"`,
        token_endpoint: `${this.url}/token`,
      }
    if (path !== '/keys') return undefined
    this.keyRequests++
    return this.keySet
  }

  get keySet(): { readonly keys: readonly object[] } {
    return {
      keys: [...[this.rsa, this.ec].map(published), ...this.further],
    }
  }

  /** A token as the issuer would give it, apart from what `claims` and `header` change. */
  token(claims: Claims, { key = this.rsa, header = {} }: { key?: SigningKey; header?: Claims } = {}): string {
    return this.signature(this.unsigned(claims, { alg: key.alg, kid: key.kid, ...header }), key)
  }

  /** A token with that text in the place of its claims. */
  signed(claims: string): string {
    const { alg, kid } = this.rsa
    return this.signature(`${encoded({ typ: 'JWT', alg, kid })}.${encoded(claims)}`, this.rsa)
  }

  private signature(signed: string, key: SigningKey): string {
    const signature = sign('sha256', Buffer.from(signed), {
      key: key.privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${signed}.${signature.toString('base64url')}`
  }

  /** HMAC with whatever secret: the confusion of T-02 when that secret is the public key. */
  hmacToken(claims: Claims, secret: string | Buffer, header: Claims = {}): string {
    const signed = this.unsigned(claims, { alg: 'HS256', kid: this.rsa.kid, ...header })
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }

  unsigned(claims: Claims, header: Claims): string {
    const now = Math.floor(Date.now() / 1000)
    const payload = { iss: this.name, aud: 'tandem', iat: now, exp: now + 3600, ...claims }
    return `${encoded({ typ: 'JWT', ...header })}.${encoded(payload)}`
  }

  stranger(alg: SigningKey['alg'], kid: string): SigningKey {
    return newKey(kid, alg)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}
