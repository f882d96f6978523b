/**
 * So far before its time a token is good already: clocks of issuers and machines differ. Behind its end it is not good for
 * a second longer (RELIABILITY-SECURITY.md T-04).
 */
export const EARLY_SECONDS = 120

/** @param now by the database's clock, which is the same for all servers (`DatabaseClock`) */
export function isTimely(claims: unknown, now: number): boolean {
  if (typeof claims !== 'object' || claims === null) return false
  const { exp, nbf } = claims as Readonly<Record<string, unknown>>
  return typeof exp === 'number' && exp > now && isBegun(nbf, now)
}

function isBegun(instant: unknown, now: number): boolean {
  return instant === undefined || (typeof instant === 'number' && instant <= now + EARLY_SECONDS)
}
