import type { FileId, UserId } from '../ids/ids.js'
import { profileOf } from './application-profile.js'
import { applyTimeouts } from './session/session-timeouts.js'
import { principalOf } from './principal.js'
import { editorsOf, isPresent, type Participant, type Session } from './session/session.js'
import { nextSaveBy, type StatusRules, type Unsaved } from './status.js'
import type { StatusFacts } from './status.statements.js'
import { knownUnsavedSince } from './session/unsaved-changes.js'

/**
 * - `none`: the person is not there
 * - `removes-user`: the person alone is put out
 * - `may-end-session`: everybody is put out, should the next save carry this person's token
 * - `ends-session`: everybody is put out
 */
export type RevocationEffect = 'none' | 'removes-user' | 'may-end-session' | 'ends-session'

export interface Forecast {
  readonly sessionId: string
  readonly fileId: FileId
  readonly userId: UserId
  readonly effect: RevocationEffect
  /** What becomes of whom. `by` is null where nothing more happens to that person. */
  readonly people: readonly {
    readonly userId: UserId
    readonly displayName: string
    readonly outcome: 'removed' | 'removed-with-everybody' | 'continues'
    readonly by: string | null
  }[]
  readonly lastSaveAt: string | null
  readonly unsavedChanges: Unsaved
  /** A refused save is kept as a recovery item. */
  readonly refusedSaveIsKept: true
  readonly inWords: readonly string[]
}

/** What happens to whom, and by when, if this person's right to edit is taken away now (RELIABILITY-SECURITY.md §3.2). */
export function forecast(
  facts: StatusFacts & { readonly session: Session },
  userId: UserId,
  rules: StatusRules & { readonly revocationSaveGraceMs: number },
): Forecast {
  const session = structuredClone(facts.session)
  applyTimeouts(session, facts.now, { ...rules, lock: facts.lock })
  const names = new Map(facts.people.map((one) => [one.jti, one.displayName]))
  const nameOf = (one: Participant): string => names.get(one.jti) ?? one.userId
  const editors = session.ended ? [] : editorsOf(session)
  const tabs = session.participants.filter((one) => one.userId === userId && isPresent(one))
  const judged = judge(session, editors, tabs, facts.now, rules)
  const people = session.participants.filter(isPresent)
  const users = [...new Map(people.map((one) => [one.userId, one])).values()]
  const lastSave = facts.lastSave?.at
  return {
    sessionId: session.id,
    fileId: session.fileId,
    userId,
    effect: judged.effect,
    people: users.map((one) => ({
      userId: one.userId,
      displayName: nameOf(one),
      ...outcomeFor(one, userId, judged),
    })),
    lastSaveAt: lastSave === undefined ? null : new Date(lastSave).toISOString(),
    unsavedChanges: knownUnsavedSince(session) === undefined ? 'unknown' : 'yes',
    refusedSaveIsKept: true,
    inWords: inWords(session, judged, {
      name: tabs[0] ? nameOf(tabs[0]) : userId,
      editors: users.filter((one) => one.mode === 'edit').length,
      sinceLastSaveMs: lastSave === undefined ? undefined : facts.now - lastSave,
      graceMs: rules.revocationSaveGraceMs,
    }),
  }
}

interface Case {
  readonly effect: RevocationEffect
  /** When the application notices by asking for the right. */
  readonly checkBy: number
  /** When a refused save has put everybody out. */
  readonly everyoneOutBy: number
  readonly isSure: boolean
}

function judge(
  session: Session,
  editors: readonly Participant[],
  tabs: readonly Participant[],
  now: number,
  { rule, revocationSaveGraceMs }: StatusRules & { readonly revocationSaveGraceMs: number },
): Case {
  const { checkEveryMs, saveEveryMs, evictAfterMs: patienceMs, savesWith } = profileOf(session.application)
  const checks = tabs.map((one) => (one.checkedAt ?? one.joinedAt) + checkEveryMs)
  const checkBy = Math.max(now, Math.min(...checks, Infinity))
  const saveBy = nextSaveBy(session, editors) ?? now + (saveEveryMs(editors.length) ?? checkEveryMs)
  // With a grace the saves go on for as long; then the next one is refused.
  const refusedBy = Math.max(now, saveBy) + (editors.length > 1 ? revocationSaveGraceMs : 0)
  const times = { checkBy, everyoneOutBy: refusedBy + patienceMs }
  if (tabs.length === 0) return { effect: 'none', isSure: true, ...times }
  if (tabs.every((one) => one.mode === 'view')) return { effect: 'removes-user', isSure: true, ...times }
  const principal = principalOf(session, rule)
  const carriesNext = tabs.some((one) => one.jti === principal.participant?.jti)
  const alone = editors.every((one) => tabs.some((tab) => tab.jti === one.jti))
  if (alone) return { effect: 'ends-session', isSure: true, ...times }
  if (savesWith === 'principal') {
    return {
      effect: carriesNext ? 'ends-session' : 'removes-user',
      isSure: principal.confirmedBySave,
      ...times,
    }
  }
  if (!carriesNext)
    return { effect: principal.participant ? 'removes-user' : 'may-end-session', isSure: false, ...times }
  return {
    effect: knownUnsavedSince(session) === undefined ? 'may-end-session' : 'ends-session',
    isSure: false,
    ...times,
  }
}

function outcomeFor(
  one: Participant,
  userId: UserId,
  { effect, checkBy, everyoneOutBy }: Case,
): { outcome: 'removed' | 'removed-with-everybody' | 'continues'; by: string | null } {
  const iso = (at: number): string | null => (Number.isFinite(at) ? new Date(at).toISOString() : null)
  if (effect === 'ends-session' && one.mode === 'edit')
    return { outcome: 'removed-with-everybody', by: iso(everyoneOutBy) }
  if (one.userId === userId && effect !== 'none') return { outcome: 'removed', by: iso(checkBy) }
  return { outcome: 'continues', by: null }
}

function inWords(
  session: Session,
  { effect, checkBy, everyoneOutBy, isSure }: Case,
  about: { name: string; editors: number; sinceLastSaveMs: number | undefined; graceMs: number },
): string[] {
  const { application } = session
  const unsavedSince = knownUnsavedSince(session)
  const { name, editors, sinceLastSaveMs, graceMs } = about
  const clock = (at: number): string => new Date(at).toISOString().slice(11, 19)
  const people = editors === 1 ? '1 person' : `${editors} people`
  const words: string[] = []
  switch (effect) {
    case 'none':
      return [`${name} is not in this session; nobody else is affected.`]
    case 'removes-user':
      words.push(`${name} alone is put out, by ${clock(checkBy)} UTC at the latest; everybody else goes on.`)
      if (!isSure && application !== 'excel') {
        words.push(
          `If ${name} is the last to change something before that, the next save fails and everybody is put out.`,
        )
      }
      if (!isSure && application === 'excel') {
        words.push('Whose token Excel saves with is taken from the rule; no save has confirmed it yet.')
      }
      break
    case 'may-end-session':
      words.push(
        `If the next save carries ${name}'s token, it is refused and the session ends for ${people}, by ${clock(everyoneOutBy)} UTC.`,
        `Otherwise ${name} alone is put out, by ${clock(checkBy)} UTC at the latest.`,
      )
      break
    case 'ends-session':
      words.push(
        `${name} is the saving user: the next save is refused and the session ends for ${people}, by ${clock(everyoneOutBy)} UTC.`,
      )
  }
  if (effect !== 'removes-user')
    words.push(
      'The refused save is kept as a recovery item for the owner, the remaining editors and administrators.',
    )
  if (graceMs > 0 && editors > 1)
    words.push(
      `For ${Math.round(graceMs / 1000)} s after the revocation saves are still accepted, and marked.`,
    )
  words.push(
    sinceLastSaveMs === undefined
      ? 'Nothing has been saved yet.'
      : `The last save was ${Math.round(sinceLastSaveMs / 1000)} s ago${unsavedSince === undefined ? '' : '; there are unsaved changes'}.`,
  )
  return words
}
