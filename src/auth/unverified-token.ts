/**
 * The header of a token that nobody has verified yet, to find its key by; undefined for what is no token at all. Its
 * claims must be an object, too: `jsonwebtoken` reads them without a look, and a token whose claims are `null` ended the
 * process, be it signed or not.
 */
export function unverifiedHeader(token: string): Readonly<Record<string, unknown>> | undefined {
  const [header, claims, , ...rest] = token.split('.')
  if (header === undefined || claims === undefined || rest.length > 0) return undefined
  return objectIn(claims) && objectIn(header)
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
