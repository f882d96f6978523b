import type { Happening } from '../session-event.js'
import type { Script, Role } from './script.js'

/** What an editor service reported, and when. */
export interface Seen {
  readonly at: number
  readonly what: Happening
}

export interface SeenSave {
  readonly at: number
  readonly with: Role
  /** Who had typed last. */
  readonly lastChangeBy: Role | undefined
}

/** What happened in one course, told by the editor service and by the host. */
export interface Observed {
  readonly saves: readonly (SeenSave & { readonly version: string | undefined })[]
  readonly refused: readonly (SeenSave & { readonly why: string })[]
  readonly removed: readonly { readonly at: number; readonly who: Role; readonly why: string }[]
  /** Who edited until they left by themselves. */
  readonly stayed: readonly Role[]
  readonly surprises: readonly string[]
  readonly revokedAt: number | undefined
  readonly host: HostFacts
}

/** What the host has when all is over. */
export interface HostFacts {
  readonly headVersion: string
  /** The lock that is left; '' when there is none. */
  readonly lock: string
  readonly typed: number
  /** Acknowledged, and not in the head. */
  readonly lost: readonly string[]
  /** In the head twice, or by nobody. */
  readonly strange: readonly string[]
  /** Typed, and neither in the head nor in a kept save. */
  readonly nowhere: readonly string[]
  readonly kept: readonly KeptSave[]
  /** Refused bodies that were not kept byte for byte. */
  readonly notKept: number
  /** How many kept saves each one is shown, or that they are shown none of this file. */
  readonly shown: ReadonlyMap<Role | 'owner', number | 'refused'>
}

export interface KeptSave {
  readonly reason: string
  readonly user: string
  /** Typed before the save was refused, and neither in it nor in the head. */
  readonly lacks: readonly string[]
}

/** What the events alone tell. */
export function observe(
  course: Script,
  log: readonly Seen[],
  roleOf: (name: string) => Role,
): Omit<Observed, 'host' | 'revokedAt'> {
  const saves: Observed['saves'][number][] = []
  const refused: Observed['refused'][number][] = []
  const removed: Observed['removed'][number][] = []
  const stayed: Role[] = []
  const surprises: string[] = []
  let lastChangeBy: Role | undefined
  for (const { at, what } of log) {
    switch (what.kind) {
      case 'typed':
        lastChangeBy = roleOf(what.who)
        break
      case 'saved':
        saves.push({ at, with: roleOf(what.withToken), lastChangeBy, version: what.version })
        break
      case 'save-refused':
        refused.push({ at, with: roleOf(what.withToken), lastChangeBy, why: what.why })
        break
      case 'removed':
        removed.push({ at, who: roleOf(what.who), why: what.why })
        break
      case 'left':
        stayed.push(roleOf(what.who))
        break
      case 'save-delayed':
      case 'not-admitted':
        surprises.push(what.why)
        break
      case 'surprise':
        surprises.push(what.what)
        break
      case 'lock-retaken':
        surprises.push('the host had dropped the lock')
        break
      case 'opened':
      case 'joined':
      case 'lock-settled':
      case 'lock-refreshed':
      case 'permission-checked':
      case 'closed':
        break
    }
  }
  return { saves, refused, removed, stayed: stayed.filter((role) => course.parts[role]), surprises }
}
