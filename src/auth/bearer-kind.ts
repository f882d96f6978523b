import type { IncomingMessage } from 'node:http'
import { ExtractJwt } from 'passport-jwt'

/** RFC 7519 §5.1 and RFC 9068 §2.1; many providers say nothing. An id_token or a logout token may say what it is. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt'])

/**
 * Only an id_token is bound to an access token or a code (OpenID Connect Core §3.3.2.11), and only a security event has
 * events: a logout token (Back-Channel Logout §2.4), or a notice to somebody else (RFC 8417).
 */
const NOT_FOR_ACCESS = ['at_hash', 'c_hash', 's_hash', 'events']

/** Keycloak's own word for what a token is; an access token is `Bearer`. */
const KEYCLOAK_TYPES: ReadonlySet<unknown> = new Set(['id', 'refresh', 'offline', 'logout', 'serialized-id'])

const inAuthorization = ExtractJwt.fromAuthHeaderAsBearerToken()

/** The bearer token of a call; null when there is none, or when its header says that it is something else. */
export function bearerOf(request: IncomingMessage): string | null {
  const token = inAuthorization(request)
  return token !== null && TYPES.has(typeOf(token)) ? token : null
}

/**
 * Whoever gets hold of what a provider gave out for another end must not act by it: an id_token is shown to every
 * client, a logout token to every application, all with the same keys, and for one client the same audience.
 */
export function isForAccess(claims: Readonly<Record<string, unknown>>): boolean {
  if (NOT_FOR_ACCESS.some((name) => Object.hasOwn(claims, name))) return false
  // Cognito's word.
  if (claims['token_use'] !== undefined && claims['token_use'] !== 'access') return false
  const { typ } = claims
  return typeof typ !== 'string' || !KEYCLOAK_TYPES.has(typ.toLowerCase())
}

/** In lower case and without the prefix that it may lack (RFC 7515 §4.1.9); null for what is no header. */
function typeOf(token: string): unknown {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString())
    if (typeof header !== 'object' || header === null) return null
    if (!('typ' in header)) return undefined
    return typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : null
  } catch {
    return null
  }
}
