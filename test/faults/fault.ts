/** What a fault is about; `--area` chooses by it. */
export const AREAS = [
  'locks',
  'saves',
  'rights',
  'tokens',
  'chunks',
  'jobs',
  'status',
  'webhooks',
  'events',
  'proof',
  'http',
] as const
export type Area = (typeof AREAS)[number]

/** One small mistake that somebody could make, and the tests that must notice it. */
export interface Fault {
  readonly id: string
  /** What goes wrong for people. */
  readonly what: string
  /** By its path in the repository. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** A test of these files fails, with the fault in what vitest compiles: `dist/` has none. */
  readonly caughtBy: readonly string[]
}

/** @throws Error when the fault is not there to be planted */
export function planted(source: string, { id, file, find, replace }: Fault): string {
  const [before, after, ...more] = source.split(find)
  if (before === undefined || after === undefined)
    throw new Error(`fault ${id}: ${JSON.stringify(find)} does not stand in ${file} any more`)
  if (more.length > 0)
    throw new Error(`fault ${id}: ${JSON.stringify(find)} stands in ${file} ${more.length + 1} times`)
  return before + replace + after
}
