import type { AccessTokenClaims } from './access-token.claims.js'

const MAX_REMEMBERED = 10_000

/**
 * Tokens whose signature was verified before. Whether a token is genuine never changes while the keys do not, and an
 * editor presents the same one at every call for hours; only whether it is still good is asked anew each time. Forged
 * tokens are never remembered, so nobody can fill this from outside.
 */
export class VerifiedTokens {
  private readonly claims = new Map<string, AccessTokenClaims>()

  get(token: string): AccessTokenClaims | undefined {
    return this.claims.get(token)
  }

  remember(token: string, claims: AccessTokenClaims): void {
    // The oldest goes; should it still be in use, it is verified once more.
    const [oldest] = this.claims.size < MAX_REMEMBERED ? [] : this.claims.keys()
    if (oldest !== undefined) this.claims.delete(oldest)
    this.claims.set(token, claims)
  }
}
