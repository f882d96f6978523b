import type { KeyObject } from 'node:crypto'

/** Below this, whoever factors the key signs an administrator's token (NIST SP 800-131A). */
const LEAST_RSA_BITS = 2048

/**
 * Can this published key verify what we accept, RS256 and ES256, and can nobody else sign with it?
 * @param algorithm that the issuer says it is for, if it says so
 */
export function isTrustworthy(key: KeyObject, algorithm: string | undefined): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key
  switch (type) {
    case 'rsa': {
      const { modulusLength = 0, publicExponent = 0n } = details
      // With an exponent of 1 a signature is the padded message itself.
      return (algorithm ?? 'RS256') === 'RS256' && modulusLength >= LEAST_RSA_BITS && publicExponent >= 3n
    }
    case 'ec':
      return (algorithm ?? 'ES256') === 'ES256' && details.namedCurve === 'prime256v1'
    default:
      return false
  }
}
