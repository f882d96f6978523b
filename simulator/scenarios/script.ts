import { minute, second } from '../application.js'

/** A opens the document, B joins; C joins later, where there is a C. */
export type Role = 'A' | 'B' | 'C'

export interface RoleScript {
  readonly opens: number
  readonly leaves: number
  readonly types: readonly Typing[]
}

export interface Typing {
  readonly from: number
  readonly until: number
  readonly every: number
}

/** What people do in one scenario, in simulated milliseconds. */
export interface Script {
  readonly name: ScriptName
  readonly happens: string
  readonly parts: Readonly<Partial<Record<Role, RoleScript>>>
  readonly revocation?: { readonly of: Role; readonly at: number }
}

/**
 * The number of the scenario. 5 and 6 are told twice, because Word and PowerPoint save with the token of the last
 * change: `a` when it comes from the user whose right is gone, `b` when it never does.
 */
export type ScriptName = '1' | '2' | '3' | '4' | '5a' | '5b' | '6a' | '6b'

const joins = 20 * second
const starts = 30 * second
/** No interval between saves is a multiple of it, so that no save falls on a change. */
const rhythm = 7 * second
const revokedAt = 6 * minute + 10 * second
const endOfTyping = 18 * minute
/** Later than the save of the last change in every application. */
const goesHome = endOfTyping + 150 * second

export const departureOfA = 4.5 * minute
export const arrivalOfC = 5 * minute

const early = [types(starts, endOfTyping)]
const aMomentLater = [types(starts + second, endOfTyping)]

export const courses: readonly Script[] = [
  {
    name: '1',
    happens: 'A edits, B is idle',
    parts: { A: part(0, early), B: part(joins, []) },
  },
  {
    name: '2',
    happens: 'A and B edit',
    parts: {
      A: part(0, [types(starts, 4 * minute), types(9 * minute, 14 * minute)]),
      B: part(joins, [types(2 * minute, 10 * minute), types(13 * minute, endOfTyping)]),
    },
  },
  {
    name: '3',
    happens: 'A leaves, B edits, C joins',
    parts: {
      A: { opens: 0, leaves: departureOfA, types: [types(starts, 2 * minute)] },
      B: part(joins, [types(minute, endOfTyping)]),
      C: part(arrivalOfC, []),
    },
  },
  {
    name: '4',
    happens: "B is idle; B's edit right is removed",
    parts: { A: part(0, early), B: part(joins, []) },
    revocation: { of: 'B', at: revokedAt },
  },
  {
    name: '5a',
    happens: "A and B edit, B last; B's edit right is removed",
    parts: { A: part(0, early), B: part(joins, aMomentLater) },
    revocation: { of: 'B', at: revokedAt },
  },
  {
    name: '5b',
    happens: "A and B edit, A last; B's edit right is removed",
    parts: { A: part(0, aMomentLater), B: part(joins, early) },
    revocation: { of: 'B', at: revokedAt },
  },
  {
    name: '6a',
    happens: "A and B edit, A last; A's edit right is removed",
    parts: { A: part(0, aMomentLater), B: part(joins, early) },
    revocation: { of: 'A', at: revokedAt },
  },
  {
    name: '6b',
    happens: "A and B edit, B last; A's edit right is removed",
    parts: { A: part(0, early), B: part(joins, aMomentLater) },
    revocation: { of: 'A', at: revokedAt },
  },
]

function types(from: number, until: number): Typing {
  return { from, until, every: rhythm }
}

function part(opens: number, typing: readonly Typing[]): RoleScript {
  return { opens, leaves: goesHome, types: typing }
}
