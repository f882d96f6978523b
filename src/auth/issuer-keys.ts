import type { KeyObject } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../logging/logger.js'
import { boundedAnswer } from '../outbound/bounded-answer.js'
import { IssuerAway } from './issuer-away.js'
import { readKeySet } from './key-set.js'
import { unverifiedHeader } from './unverified-token.js'

/** A key that the issuer withdraws counts no longer than this. */
const FRESH_MS = 600_000
/** A kid that nobody knows is looked for no sooner than this after the last look. */
const LOOK_AGAIN_MS = 10_000
/** Whoever has a good key waits no longer than this to hear that the issuer still publishes it. */
const MAX_CONFIRMATION_MS = 2000

/**
 * The keys that an identity provider publishes, always fetched as a whole, once at a time and not too often: anybody can
 * make us look by a token with a kid that nobody knows (D-08).
 */
export class IssuerKeys {
  private keys: ReadonlyMap<string, KeyObject> = new Map()
  private triedAt = -Infinity
  private fetching: Promise<void> | undefined

  /** What was last said of them in the log. */
  private said: string | undefined

  /** @param jwksUri throws IssuerAway while the issuer has not said where they are */
  constructor(
    private readonly jwksUri: () => string,
    private readonly logger: Logger,
  ) {}

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
    if (age > LOOK_AGAIN_MS) this.fetching ??= this.fetch(jwksUri)
    if (known) await Promise.race([this.fetching, pause(MAX_CONFIRMATION_MS, undefined, { ref: false })])
    else await this.fetching
    if (this.keys.size === 0) throw new IssuerAway('it has not published its keys yet')
    return this.keys.get(kid)
  }

  // While the issuer cannot be reached the known keys stay good, or an outage there would be one here.
  private async fetch(jwksUri: string): Promise<void> {
    try {
      const answer = await boundedAnswer(jwksUri, { accept: 'application/json' })
      const { keys, skipped } = readKeySet(answer)
      this.keys = keys
      if (skipped.length > 0) this.say('issuer-keys-skipped', skipped.slice(0, 10).join('; '))
      else this.said = undefined
    } catch (error) {
      this.say('issuer-keys-failed', error instanceof Error ? error.message : String(error))
    } finally {
      this.triedAt = performance.now()
      this.fetching = undefined
    }
  }

  private say(event: 'issuer-keys-skipped' | 'issuer-keys-failed', reason: string): void {
    if (reason === this.said) return
    this.said = reason
    this.logger.warn({ event, reason }, SENTENCES[event])
  }
}

const SENTENCES = {
  'issuer-keys-skipped': 'the identity provider publishes keys that cannot be used; the others are',
  'issuer-keys-failed': 'the keys of the identity provider could not be read; those that are known stay good',
}
