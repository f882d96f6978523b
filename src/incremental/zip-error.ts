/** The bytes are no zip archive, or one that contradicts itself. */
export class NoPlainZip extends Error {}

/** @throws NoPlainZip */
export function insist(condition: boolean, contradiction: string): asserts condition {
  if (!condition) throw new NoPlainZip(contradiction)
}
