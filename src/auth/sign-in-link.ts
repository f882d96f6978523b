import { randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { TokenSecret } from '../config/config.js'
import { SIGN_IN_AUDIENCE } from './token-audience.js'
import type { ApiRole } from './api-user.js'
import { EMBEDDED_ISSUER } from './bearer-token.js'
import { deriveKeys } from './signing-keys.js'
import { unverifiedHeader } from './unverified-token.js'

/** Long enough to change from the terminal to the browser. */
export const SIGN_IN_MINUTES = 15

/**
 * An address that signs one person in at one browser (embedded mode). Its secret is a fragment: browsers send that to
 * nobody, so no proxy logs it, and no mail scanner that looks at links uses it up.
 */
export function signInLink(
  publicUrl: string,
  secrets: readonly TokenSecret[],
  user: string,
  role: ApiRole,
): string {
  const { kid, key } = deriveKeys(secrets, 'sign-in').current
  const code = jwt.sign({ sub: user, roles: [role] }, key, {
    algorithm: 'HS256',
    keyid: kid,
    jwtid: randomBytes(16).toString('hex'),
    issuer: EMBEDDED_ISSUER,
    audience: SIGN_IN_AUDIENCE,
    expiresIn: SIGN_IN_MINUTES * 60,
  })
  return `${publicUrl}/sign-in#${code}`
}

/** @returns the claims of a genuine code; whether it was used before is the database's word */
export function readSignInCode(secrets: readonly TokenSecret[], code: string): jwt.JwtPayload | undefined {
  try {
    const kid = unverifiedHeader(code)?.['kid']
    const key = deriveKeys(secrets, 'sign-in').find(kid)
    if (!key) return undefined
    const claims = jwt.verify(code, key, {
      algorithms: ['HS256'],
      issuer: EMBEDDED_ISSUER,
      audience: SIGN_IN_AUDIENCE,
    })
    return typeof claims === 'object' && claims.jti !== undefined ? claims : undefined
  } catch {
    return undefined
  }
}
