import type { TokenId } from '../ids/ids.js'
import { profileOf, type PrincipalRule } from './application-profile.js'
import { editorsOf, type Participant, type Session } from './session/session.js'

/** Whose token the next save will carry. */
export interface Principal {
  readonly rule: PrincipalRule | 'last-editor'
  /** Undefined when nothing tells. */
  readonly participant: Participant | undefined
  /** The latest save carried this very token. */
  readonly confirmedBySave: boolean
}

/**
 * Word and PowerPoint save with the token of whoever changed something last, Excel with that of its principal user;
 * what the editor service was seen to do outweighs the rule (RELIABILITY-SECURITY.md §3.7).
 */
export function principalOf(session: Session, configured: PrincipalRule): Principal {
  const usesRule = profileOf(session.application).savesWith === 'principal'
  const rule = usesRule ? (session.learntRule ?? configured) : 'last-editor'
  const participant = usesRule ? byRule(session, session.learntRule ?? configured) : lastEditor(session)
  const latest = latestAttempt(session)
  return { rule, participant, confirmedBySave: participant !== undefined && latest === participant.jti }
}

/**
 * Believes a save that came with another token than the rule says. It is no proof against the rule: most likely those
 * whom the rule would have preferred have left without a word, as people do.
 */
export function learnFromSave(session: Session, jti: TokenId, configured: PrincipalRule): void {
  if (profileOf(session.application).savesWith !== 'principal') return
  if (byRule(session, session.learntRule ?? configured)?.jti !== jti) session.believedJti = jti
}

/**
 * A sign of life of the very one whom the rule says: they are there, and yet another saves. So the editor service follows
 * the other rule, if that explains it.
 * @returns whether the other rule was learnt
 */
export function learnFromLife(
  session: Session,
  { jti, joinedAt }: Participant,
  at: number,
  configured: PrincipalRule,
): boolean {
  const { believedJti, application } = session
  const savedAt = session.failing?.since ?? session.saved?.at
  if (believedJti === undefined || savedAt === undefined || at <= savedAt) return false
  const editors = inOrder(session)
  const rule = session.learntRule ?? configured
  const other = rule === 'last-joined' ? 'first-joined' : 'last-joined'
  if (preferredBy(rule, editors)?.jti !== jti || preferredBy(other, editors)?.jti !== believedJti)
    return false
  // Whoever joined just before a save is its principal only from the next one on.
  const interval = profileOf(application).saveEveryMs(editors.length) ?? 0
  if (savedAt - joinedAt <= interval) return false
  session.learntRule = other
  delete session.believedJti
  return true
}

function byRule(session: Session, rule: PrincipalRule): Participant | undefined {
  const editors = inOrder(session)
  const believed = editors.find(({ jti }) => jti === session.believedJti)
  return believed ?? preferredBy(rule, editors)
}

function preferredBy(rule: PrincipalRule, editorsInOrder: readonly Participant[]): Participant | undefined {
  return editorsInOrder.at(rule === 'last-joined' ? -1 : 0)
}

function inOrder(session: Session): Participant[] {
  return editorsOf(session).sort((a, b) => a.joinedAt - b.joinedAt)
}

function lastEditor(session: Session): Participant | undefined {
  const editors = editorsOf(session)
  const typed = editors
    .filter(({ editedAt }) => editedAt !== undefined && editedAt > (session.saved?.at ?? 0))
    .sort((a, b) => (b.editedAt ?? 0) - (a.editedAt ?? 0))
  if (typed[0]) return typed[0]
  if (editors.length === 1) return editors[0]
  return editors.find(({ jti }) => jti === latestAttempt(session))
}

/** A refused save tells as well as an accepted one whose token the editor service uses. */
function latestAttempt({ saved, failing }: Session): TokenId | undefined {
  return failing && failing.since > (saved?.at ?? 0) ? failing.jti : saved?.jti
}
