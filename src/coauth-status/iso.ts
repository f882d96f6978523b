/** ISO 8601 UTC; null where there is no such time. */
export function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
