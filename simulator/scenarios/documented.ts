import type { ApplicationName } from '../application.js'
import { minute } from '../application.js'
import type { PrincipalRule } from '../excel.js'
import type { ScriptName, Role } from './script.js'
import { arrivalOfC, departureOfA } from './script.js'

/** What Microsoft's documents say that happens (RELIABILITY-SECURITY.md §3.2). Nothing here is computed from the editor's rules. */
export interface Documented {
  /** Whose token saves, from when on. */
  readonly saves: readonly SavingUser[]
  readonly ending: Ending
}

export interface SavingUser {
  readonly since: number
  readonly user: Role | 'who changed last'
}

export type Ending =
  | { readonly kind: 'nobody-removed' }
  /** `within`: after the right was removed. Saves go on, and nobody else notices. */
  | {
      readonly kind: 'one-removed'
      readonly who: Role
      readonly noticedBy: 'CheckFileInfo' | 'RefreshLock'
      readonly within: number
    }
  /** `within`: after the first refused save. */
  | { readonly kind: 'everyone-removed'; readonly refused: Role; readonly within: number }

type Book = Readonly<Record<ScriptName, Documented>>

const nobody: Ending = { kind: 'nobody-removed' }
const atOnce = 0

const wordAndPowerpoint: Book = {
  '1': { saves: always('A'), ending: nobody },
  '2': { saves: always('who changed last'), ending: nobody },
  '3': { saves: always('who changed last'), ending: nobody },
  '4': { saves: always('A'), ending: removedByCheckFileInfo('B') },
  '5a': { saves: always('who changed last'), ending: everyone('B', atOnce) },
  '5b': { saves: always('who changed last'), ending: removedByCheckFileInfo('B') },
  '6a': { saves: always('who changed last'), ending: everyone('A', atOnce) },
  '6b': { saves: always('who changed last'), ending: removedByCheckFileInfo('A') },
}

const excelSavedByLastJoined: Book = {
  '1': { saves: always('B'), ending: nobody },
  '2': { saves: always('B'), ending: nobody },
  '3': { saves: [...always('B'), { since: arrivalOfC, user: 'C' }], ending: nobody },
  '4': { saves: always('B'), ending: everyone('B', 3 * minute) },
  '5a': { saves: always('B'), ending: everyone('B', 3 * minute) },
  '5b': { saves: always('B'), ending: everyone('B', 3 * minute) },
  '6a': { saves: always('B'), ending: removedByRefreshLock('A') },
  '6b': { saves: always('B'), ending: removedByRefreshLock('A') },
}

const excelSavedByFirstJoined: Book = {
  '1': { saves: always('A'), ending: nobody },
  '2': { saves: always('A'), ending: nobody },
  '3': { saves: [...always('A'), { since: departureOfA, user: 'B' }], ending: nobody },
  '4': { saves: always('A'), ending: removedByRefreshLock('B') },
  '5a': { saves: always('A'), ending: removedByRefreshLock('B') },
  '5b': { saves: always('A'), ending: removedByRefreshLock('B') },
  '6a': { saves: always('A'), ending: everyone('A', 3 * minute) },
  '6b': { saves: always('A'), ending: everyone('A', 3 * minute) },
}

export function documented(
  application: ApplicationName,
  rule: PrincipalRule,
  course: ScriptName,
): Documented {
  if (application !== 'excel') return wordAndPowerpoint[course]
  return (rule === 'last-joined' ? excelSavedByLastJoined : excelSavedByFirstJoined)[course]
}

function always(user: SavingUser['user']): SavingUser[] {
  return [{ since: 0, user }]
}

function removedByCheckFileInfo(who: Role): Ending {
  return { kind: 'one-removed', who, noticedBy: 'CheckFileInfo', within: 5 * minute }
}

function removedByRefreshLock(who: Role): Ending {
  return { kind: 'one-removed', who, noticedBy: 'RefreshLock', within: 15 * minute }
}

function everyone(refused: Role, within: number): Ending {
  return { kind: 'everyone-removed', refused, within }
}
