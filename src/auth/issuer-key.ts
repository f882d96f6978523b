import type { KeyObject } from 'node:crypto'

/** Below this, whoever factors the key signs an administrator's token (NIST SP 800-131A). */
const LEAST_RSA_BITS = 2048

/**
 * Can this published key verify what we accept, RS256 and ES256, and can nobody else sign with it?
 * @param algorithm that the issuer says it is for, if it says so
 * @returns why not, in words
 */
export function whyUnusable(key: KeyObject, algorithm: string | undefined): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key
  const accepted = type === 'rsa' ? 'RS256' : 'ES256'
  if (algorithm !== undefined && algorithm !== accepted) return `for ${algorithm}, which is not accepted`
  if (type === 'ec') return details.namedCurve === 'prime256v1' ? undefined : 'not on the curve P-256'
  if (type !== 'rsa') return `of the type ${String(type)}`
  const { modulusLength = 0, publicExponent = 0n } = details
  if (modulusLength < LEAST_RSA_BITS) return `RSA with ${modulusLength} bits only`
  // With an exponent of 1 a signature is the padded message itself.
  return publicExponent < 3n ? 'RSA with an exponent below 3' : undefined
}
