/** As in package.json; `src/config/release.test.ts` holds them together. */
export const RELEASE = '0.2.0'

/** Is `release` as new as `other`, or newer? Both are MAJOR.MINOR.PATCH. */
export function isAtLeast(release: string, other: string): boolean {
  const [mine, theirs] = [partsOf(release), partsOf(other)]
  for (const [index, part] of mine.entries()) {
    const difference = part - (theirs[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

function partsOf(release: string): number[] {
  const [, ...parts] = /^(\d+)\.(\d+)\.(\d+)/.exec(release) ?? []
  return parts.length === 3 ? parts.map(Number) : [Number.NaN, 0, 0]
}
