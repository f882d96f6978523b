// When an access token must be renewed. A laptop may have slept meanwhile: the clock is asked, not a long timer
// (CLIENTS.md pain 42).
import { callTandem, Refusal } from './tandem-api.js'

/** @typedef {{ actionUrl: string, accessToken: string, accessTokenTtl: number, endsAt: number }} Token */

const LOOK_MS = 30_000
/** Long enough before its end that a person who is typing can choose the moment. */
const RENEW_BEFORE_MS = 15 * 60_000
/** As long as somebody looks at the page, the browser stays signed in, as far as it may. */
const STAY_SIGNED_IN_MS = 10 * 60_000

export class TokenLife {
  #endsAt = Infinity
  #renewAt = Infinity
  #signedInUntil = Date.now() + STAY_SIGNED_IN_MS
  #renew
  #signedOut

  /** @param {{ renew: () => Promise<void>, signedOut: () => void }} what */
  constructor({ renew, signedOut }) {
    this.#renew = renew
    this.#signedOut = signedOut
    setInterval(() => this.#look(), LOOK_MS)
    document.addEventListener('visibilitychange', () => this.#look())
  }

  /** @param {Token} token */
  began({ endsAt }) {
    this.#endsAt = endsAt
    // One that is short from the beginning is not renewed at once, for ever.
    this.#renewAt = endsAt - Math.min(RENEW_BEFORE_MS, (endsAt - Date.now()) / 2)
  }

  /** There is nothing left to prolong. */
  stop() {
    this.#renewAt = Infinity
    this.#signedInUntil = Infinity
  }

  get endInWords() {
    return new Date(this.#endsAt).toLocaleTimeString()
  }

  #look() {
    const now = Date.now()
    if (!document.hidden && now >= this.#signedInUntil) {
      this.#signedInUntil = now + STAY_SIGNED_IN_MS
      callTandem('GET', '/me').catch((error) => {
        if (error instanceof Refusal && error.status === 401) this.#signedOut()
      })
    }
    if (now < this.#renewAt) return
    // Asked again at the next look, until it was renewed.
    this.#renewAt = now + LOOK_MS
    void this.#renew()
  }
}
