/**
 * So far before its time a token is good already: clocks of issuers and machines differ. Behind its end it is not good for
 * a second longer (RELIABILITY-SECURITY.md T-04).
 */
export const EARLY_SECONDS = 120

/** For Passport's strategies, which would ask this machine's clock: whoever uses it asks `isTimely`, or says why not. */
export const NOT_BY_THIS_CLOCK = {
  ignoreExpiration: true,
  jsonWebTokenOptions: { ignoreNotBefore: true },
} as const

/** @param now by the database's clock, which is the same for all servers (`DatabaseClock`) */
export function isTimely(claims: unknown, now: number): boolean {
  if (typeof claims !== 'object' || claims === null) return false
  const { exp, nbf } = claims as Readonly<Record<string, unknown>>
  return typeof exp === 'number' && exp > now && isBegun(nbf, now)
}

function isBegun(instant: unknown, now: number): boolean {
  return instant === undefined || (typeof instant === 'number' && instant <= now + EARLY_SECONDS)
}
