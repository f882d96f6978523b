import type { ApplicationName } from '../../src/coauth-status/application-profile.js'
import type { LockFact, PresenceSignal } from '../../src/coauth-status/session/session.js'

/** Small, seeded, and the same everywhere. */
export class Dice {
  private state: number
  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0 || 1
  }
  next(): number {
    this.state ^= this.state << 13
    this.state ^= this.state >>> 17
    this.state ^= this.state << 5
    return (this.state >>> 0) / 2 ** 32
  }
  between(least: number, most: number): number {
    return least + this.next() * (most - least)
  }
  chance(probability: number): boolean {
    return this.next() < probability
  }
  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.next() * from.length)]
  }
}

export interface Call {
  readonly at: number
  readonly jti: string
  readonly userId: string
  readonly what: PresenceSignal
}

/** One opening of the document by one person, as it really was. */
export interface Visit {
  readonly jti: string
  readonly userId: string
  readonly from: number
  until: number
  /** Nothing told the host that this one left. */
  silentEnd: boolean
  /** What the host heard of this one. */
  readonly heardAt: number[]
}

/** What an editor service and its people did to one document, and what the host heard of it. */
export interface Trace {
  readonly application: ApplicationName
  readonly calls: readonly Call[]
  readonly visits: readonly Visit[]
  /** The lock as the host has it at a time. */
  readonly lockAt: (at: number) => LockFact
  readonly failures: readonly number[]
  readonly conflicts: number
  readonly end: number
}

const second = 1000
const minute = 60 * second
const lockTtl = 30 * minute

const KINDS = {
  word: { checkEvery: 5 * minute, asks: 'check', saveEvery: 30 * second, patience: 0 },
  powerpoint: { checkEvery: 5 * minute, asks: 'check', saveEvery: 60 * second, patience: 0 },
  excel: { checkEvery: 15 * minute, asks: 'refresh', saveEvery: 2 * minute, patience: 3 * minute },
} as const

/**
 * A random hour: people come, type, leave politely, with a page's beacon or without a word; the network is cut;
 * rights are taken away; saves are refused. Behaves as RELIABILITY-SECURITY.md §3.1 and §3.2 say.
 */
export function randomTrace(seed: number): Trace {
  const dice = new Dice(seed)
  const application = dice.pick(['word', 'excel', 'powerpoint'] as const) ?? 'word'
  const kind = KINDS[application]
  const isClean = dice.chance(0.5)
  const end = 60 * minute
  const cuts = isClean || dice.chance(0.5) ? [] : [cutIn(dice, end)]
  const calls: Call[] = []
  const visits = people(dice, end)
  const locks: { at: number; lock: LockFact }[] = [{ at: 0, lock: { kind: 'none' } }]
  const failures: number[] = []
  let conflicts = 0

  const isCut = (at: number): boolean => cuts.some(([from, until]) => at >= from && at < until)
  const call = (at: number, visit: Visit, what: PresenceSignal): boolean => {
    if (isCut(at)) return false
    calls.push({ at, jti: visit.jti, userId: visit.userId, what })
    visit.heardAt.push(at)
    return true
  }
  const lock = (at: number, next: LockFact): void => void locks.push({ at, lock: next })
  const held = (at: number): LockFact => ({ kind: 'wopi', refreshedAt: at, expiresAt: at + lockTtl })

  const checks = new Map<Visit, number>()
  const present: Visit[] = []
  let lastTyper: Visit | undefined
  let unsavedSince: number | undefined
  let refreshAt = Infinity
  let putOutAt = Infinity
  let version = 1

  const close = (at: number, visit: Visit): void => {
    if (call(at, visit, { kind: 'unlocked' })) lock(at, { kind: 'none' })
    refreshAt = Infinity
  }
  const drop = (at: number, visit: Visit, silently: boolean): void => {
    present.splice(present.indexOf(visit), 1)
    visit.until = Math.min(visit.until, at)
    visit.silentEnd = silently
    if (lastTyper === visit) lastTyper = undefined
  }
  const everyoneOut = (at: number): void => {
    const [first] = present
    for (const visit of [...present]) drop(at, visit, false)
    if (first) {
      close(at, first)
      // Who could not say so went without a word.
      if (isCut(at)) for (const visit of visits) if (visit.until === at) visit.silentEnd = true
    }
    putOutAt = Infinity
    unsavedSince = undefined
  }

  for (let at = 0; at < end; at += second) {
    for (const visit of visits.filter((one) => one.from === at)) {
      if (!call(at, visit, { kind: 'checked', canWrite: true })) {
        visit.until = at
        continue
      }
      present.push(visit)
      checks.set(visit, at + dice.between(0.8, 1) * kind.checkEvery)
      if (present.length === 1) {
        call(at, visit, { kind: 'locked' })
        lock(at, held(at))
        refreshAt = at + 10 * minute
      } else if (dice.chance(0.3)) call(at, visit, { kind: 'lock-conflict' })
    }
    for (const visit of present.filter((one) => one.until === at)) {
      const isLast = present.length === 1
      const way = dice.next()
      if (!isLast && way < 0.4 && call(at, visit, { kind: 'left' })) drop(at, visit, false)
      else drop(at, visit, true)
      if (!isLast || (way > 0.8 && !isClean)) continue
      visit.silentEnd = isCut(at)
      close(at, visit)
    }
    if (at >= putOutAt) everyoneOut(at)
    const typist = dice.chance(0.05) ? dice.pick(present) : undefined
    if (typist) {
      lastTyper = typist
      unsavedSince ??= at
      if (dice.chance(0.3)) call(at, typist, { kind: 'edited' })
    }
    const saver = application === 'excel' ? present.at(-1) : (lastTyper ?? present[0])
    if (saver && unsavedSince !== undefined && at >= unsavedSince + kind.saveEvery) {
      const fails = !isClean && dice.chance(0.02)
      if (fails || putOutAt < Infinity) {
        const isConflict = dice.chance(0.2)
        if (
          call(at, saver, {
            kind: 'save-refused',
            reason: isConflict ? 'lock-mismatch' : 'permission-revoked',
          })
        ) {
          failures.push(at)
          if (isConflict) conflicts++
          putOutAt = Math.min(putOutAt, at + kind.patience)
          unsavedSince = at
          if (kind.patience === 0) everyoneOut(at)
        }
      } else if (call(at, saver, { kind: 'saved', version: String(++version), editors: [] })) {
        unsavedSince = undefined
      }
    }
    for (const visit of [...present]) {
      if (at < (checks.get(visit) ?? 0)) continue
      checks.set(visit, at + dice.between(0.8, 1) * kind.checkEvery)
      const revoked = !isClean && present.length > 1 && dice.chance(0.05)
      if (kind.asks === 'check') {
        if (call(at, visit, { kind: 'checked', canWrite: !revoked }) && revoked) drop(at, visit, false)
      } else if (
        call(at, visit, revoked ? { kind: 'turned-away', reason: 'right-lost' } : { kind: 'refreshed' })
      ) {
        if (revoked) drop(at, visit, false)
        else lock(at, held(at))
      }
    }
    const refresher = at >= refreshAt ? dice.pick(present) : undefined
    if (refresher && call(at, refresher, { kind: 'refreshed' })) {
      lock(at, held(at))
      refreshAt = at + 10 * minute
    }
  }
  const lockAt = (at: number): LockFact => {
    const latest = locks.filter((one) => one.at <= at).at(-1)?.lock ?? { kind: 'none' }
    return latest.kind === 'wopi' && at >= (latest.expiresAt ?? 0) + minute ? { kind: 'none' } : latest
  }
  return { application, calls, visits, lockAt, failures, conflicts, end }
}

function people(dice: Dice, end: number): Visit[] {
  const visits: Visit[] = []
  const count = 1 + Math.floor(dice.between(1, 5))
  for (let person = 0; person < count; person++) {
    let at = dice.between(0, end / 2)
    for (let tab = 0; at < end - 5 * minute && tab < 3; tab++) {
      const from = Math.floor(at / second) * second
      const until = Math.floor(dice.between(from + minute, end + 10 * minute) / second) * second
      visits.push({
        jti: `p${person}t${tab}`,
        userId: `p${person}`,
        from,
        until,
        silentEnd: true,
        heardAt: [],
      })
      at = until + dice.between(2 * minute, 20 * minute)
    }
  }
  return visits
}

function cutIn(dice: Dice, end: number): [number, number] {
  const from = dice.between(0, end)
  return [from, from + dice.between(minute, 10 * minute)]
}
