import { z } from 'zod'

/** Purposes never mix: a WOPI token is no bearer token, nor the other way round (RELIABILITY-SECURITY.md T-05). */
export const WOPI_AUDIENCE = 'tandem-wopi'
export const API_AUDIENCE = 'tandem-api'

/** 10 hours, as WOPI.md §1 recommends: a token that dies before its session does loses people's work. */
export const ACCESS_TOKEN_SECONDS = 10 * 3600

/** What a token can be for. The ecosystem is the whole installation, as one person sees it. */
export type ResourceKind = 'file' | 'container' | 'ecosystem'
export const ECOSYSTEM = 'ecosystem'

/** The node's clock may be this far ahead of or behind the one that issued the token. */
const SKEW_SECONDS = 60

const instant = z.int().min(1).max(253_402_300_799)

const claims = z.object({
  jti: z.string().regex(/^[\w-]{16,64}$/),
  sub: z.string().regex(/^[A-Za-z0-9]{1,128}$/),
  fid: z.string().regex(/^[\w-]{1,64}$/),
  iat: instant,
  exp: instant,
  nbf: instant.optional(),
})

/** What a genuine access token says. Whether it is still good is the database's word, not the token's. */
export interface AccessTokenClaims {
  readonly jti: string
  readonly userId: string
  readonly resourceId: string
  /** Epoch seconds. Judged by this node's clock and by the database's, whichever says so first. */
  readonly expiresAt: number
}

/** `undefined` unless every claim is present, well-formed and possible. */
export function readClaims(payload: unknown, nowSeconds: number): AccessTokenClaims | undefined {
  const parsed = claims.safeParse(payload)
  if (!parsed.success) return undefined
  const { jti, sub, fid, iat, exp, nbf } = parsed.data
  if (iat > nowSeconds + SKEW_SECONDS || (nbf ?? 0) > nowSeconds + SKEW_SECONDS) return undefined
  return { jti, userId: sub, resourceId: fid, expiresAt: exp }
}
