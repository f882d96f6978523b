/**
 * So far before its time a token is good already: clocks of issuers and machines differ. Behind its end it is not good for
 * a second longer (RELIABILITY-SECURITY.md T-04).
 */
export const EARLY_SECONDS = 120

/** What a token says of its person is of this time: one from further ahead would be the newest for as long. */
const MAX_SECONDS_AHEAD = 600

/** For Passport's strategies, which would ask this machine's clock: whoever uses it asks `isTimely`, or says why not. */
export const NOT_BY_THIS_CLOCK = {
  ignoreExpiration: true,
  jsonWebTokenOptions: { ignoreNotBefore: true },
} as const

/** @param now by the database's clock, which is the same for all servers (`DatabaseClock`) */
export function isTimely(claims: unknown, now: number): boolean {
  if (typeof claims !== 'object' || claims === null) return false
  const { exp, nbf } = claims as Readonly<Record<string, unknown>>
  return typeof exp === 'number' && exp > now && isBegun(nbf, now, EARLY_SECONDS)
}

/** Of an identity provider's token, which says since when it is true. @param now as above */
export function isNotFromTheFuture({ iat }: Readonly<Record<string, unknown>>, now: number): boolean {
  return isBegun(iat, now, MAX_SECONDS_AHEAD)
}

function isBegun(instant: unknown, now: number, early: number): boolean {
  return instant === undefined || (typeof instant === 'number' && instant <= now + early)
}
