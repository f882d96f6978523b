/** The validator reads it as a signed 32-bit number (WOPI.md §13.5). */
export const MAX_SEQUENCE_NUMBER = 2 ** 31 - 1

export const FIRST_SEQUENCE_NUMBER = 1

/**
 * `X-WOPI-SequenceNumber` of a request. 0 and what is larger than any of ours are numbers, too: they are answered as a
 * mismatch, with the current one (WOPI.md §13.5), and not as malformed.
 * @returns undefined when it is no whole number
 */
export function parseSequenceNumber(header: string): number | undefined {
  return /^\d{1,19}$/.test(header) ? Number(header) : undefined
}

/** @throws RangeError after two thousand million changes of one file */
export function nextSequenceNumber(current: number): number {
  if (current >= MAX_SEQUENCE_NUMBER) throw new RangeError(`a sequence number ends at ${MAX_SEQUENCE_NUMBER}`)
  return current + 1
}
