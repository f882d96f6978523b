import jwt from 'jsonwebtoken'
import type { TokenSecret } from '../config/config.js'
import { API_AUDIENCE } from './token-audience.js'
import type { ApiRole } from './api-user.js'
import { deriveKeys } from './signing-keys.js'

/** Signs for itself, where there is no identity provider. */
export const EMBEDDED_ISSUER = 'tandem'

/** `--role` is the token's own: one person may have a script that only reads, and be an administrator at the pages. */
export const EMBEDDED_ROLE = { claim: 'roles', isOf: 'token' } as const

/** A bearer token for `/api/v1`, valid for 24 hours, signed by Tandem itself (embedded mode). */
export function signBearer(secrets: readonly TokenSecret[], user: string, role: ApiRole): string {
  const { kid, key } = deriveKeys(secrets, 'api').current
  return jwt.sign({ sub: user, roles: [role] }, key, {
    algorithm: 'HS256',
    keyid: kid,
    issuer: EMBEDDED_ISSUER,
    audience: API_AUDIENCE,
    expiresIn: '24h',
  })
}
