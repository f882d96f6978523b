import { createHash } from 'node:crypto'

/** How many rows of which kind there are. */
export interface Sizes {
  readonly users: number
  readonly folders: number
  readonly files: number
  readonly versionsPerFile: number
  readonly binned: number
  readonly locks: number
  readonly tokens: number
  readonly audit: number
  readonly sessions: number
  readonly events: number
  readonly grants: number
  readonly links: number
  readonly refused: number
}

/** @param part of the full size: 1,000,000 files, 10,000,000 versions, 100,000 live locks, 5,000,000 audit rows */
export function sizesOf(part: number): Sizes {
  const of = (count: number): number => Math.ceil(count * part)
  return {
    users: of(20_000),
    folders: of(10_000),
    files: of(1_000_000),
    versionsPerFile: 10,
    binned: of(50_000),
    locks: of(100_000),
    tokens: of(1_000_000),
    audit: of(5_000_000),
    sessions: of(500_000),
    events: of(1_000_000),
    grants: of(300_000),
    links: of(20_000),
    refused: of(50_000),
  }
}

/** Whose rows are many: the service account that reads and writes for others. */
export const ROBOT = 'u1'
/** Somebody like most. */
export const SOMEBODY = 'u77'
/** Who was never seen. */
export const STRANGER = 'stranger'

/** The nth file; a folder with more than its share of them is `folder(10)`. */
export const file = (n: number): string => idOf('f', n)
export const folder = (n: number): string => idOf('p', n)
export const home = (n: number): string => idOf('h', n)
export const token = (n: number): string => idOf('t', n)
export const session = (n: number): string => idOf('s', n)
export const openSession = (n: number): string => idOf('o', n)
export const binned = (n: number): string => idOf('d', n)

/** As `md5('f' || n)` in data.ts. */
function idOf(kind: string, n: number): string {
  return createHash('md5').update(`${kind}${n}`).digest('hex')
}
