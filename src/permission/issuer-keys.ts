import { JwksClient } from 'jwks-rsa'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { IssuerAway } from './issuer-away.js'
import { unverifiedHeader } from './unverified-token.js'
import { isTrustworthy } from './issuer-key.js'

/** A key that the issuer withdraws counts no longer than this. */
const FRESH_MS = 600_000
/** A kid that nobody knows is looked for no more often than this. */
const LOOK_AGAIN_MS = 10_000

/**
 * The keys that an identity provider publishes, always fetched as a whole. `jwks-rsa` looks for each unknown kid by
 * itself, with a limit per minute; ten forged tokens a minute used that up and locked everybody out (D-08).
 */
export class IssuerKeys {
  private client: JwksClient | undefined
  private keys: ReadonlyMap<string, KeyObject> = new Map()
  private triedAt = -Infinity
  private fetching: Promise<void> | undefined

  /** @param jwksUri throws IssuerAway while the issuer has not said where they are */
  constructor(private readonly jwksUri: () => string) {}

  /** For passport-jwt: picks the key by the header of the still unverified token. */
  readonly provide = (
    _request: unknown,
    token: string,
    done: (error: Error | null, key?: KeyObject) => void,
  ): void => {
    const header = unverifiedHeader(token)
    // Extensions we do not understand must be refused, not ignored (RFC 7515 §4.1.11).
    const kid = header?.['kid']
    if (typeof kid !== 'string' || header?.['crit'] !== undefined) {
      done(new Error('unknown kid'))
      return
    }
    this.find(kid)
      .then(
        (key) => {
          if (key) done(null, key)
          else done(new Error('unknown kid'))
        },
        (error: unknown) => {
          done(error instanceof Error ? error : new Error(String(error)))
        },
      )
      // Whatever `done` throws about this token must not become an end of the process.
      .catch((error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)))
      })
  }

  private async find(kid: string): Promise<KeyObject | undefined> {
    const known = this.keys.get(kid)
    const age = performance.now() - this.triedAt
    // Nobody with a good key waits for a stranger's.
    if (known && age < FRESH_MS) return known
    const jwksUri = this.jwksUri()
    if (age > LOOK_AGAIN_MS) {
      this.triedAt = performance.now()
      this.fetching = this.fetch(jwksUri)
    }
    await this.fetching
    if (this.keys.size === 0) throw new IssuerAway('it has not published its keys yet')
    return this.keys.get(kid)
  }

  // While the issuer cannot be reached the known keys stay good, or an outage there would be one here.
  private async fetch(jwksUri: string): Promise<void> {
    try {
      this.client ??= new JwksClient({ jwksUri, cache: false, rateLimit: false, timeout: 5000 })
      const published = await this.client.getSigningKeys()
      const keys = published.map((key) => [key.kid, key.alg, createPublicKey(key.getPublicKey())] as const)
      this.keys = new Map(
        keys.flatMap(([kid, alg, key]) => (isTrustworthy(key, alg) ? [[kid, key] as const] : [])),
      )
    } catch {
      return
    }
  }
}
