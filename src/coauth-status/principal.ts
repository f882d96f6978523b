import { habitsOf, type PrincipalRule } from './application.js'
import { editorsOf, type Participant, type Session } from './session.js'

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
 * what the editor service was seen to do outweighs the rule (SEEDS.md §6).
 */
export function principalOf(session: Session, configured: PrincipalRule): Principal {
  const usesRule = habitsOf(session.application).savesWith === 'principal'
  const rule = usesRule ? (session.learntRule ?? configured) : 'last-editor'
  const participant = usesRule ? byRule(session, session.learntRule ?? configured) : lastEditor(session)
  const latest = latestAttempt(session)
  return { rule, participant, confirmedBySave: participant !== undefined && latest === participant.jti }
}

/**
 * Takes a save into account that came with `jti`'s token.
 * @returns what was learnt, when it was not the expected one's
 */
export function learnFromSave(
  session: Session,
  jti: string,
  configured: PrincipalRule,
): 'expected' | 'other-rule' | 'nobody-knows-why' {
  if (habitsOf(session.application).savesWith !== 'principal') return 'expected'
  if (byRule(session, session.learntRule ?? configured)?.jti === jti) return 'expected'
  delete session.believedJti
  const other = (session.learntRule ?? configured) === 'last-joined' ? 'first-joined' : 'last-joined'
  if (inOrder(session).at(other === 'last-joined' ? -1 : 0)?.jti === jti) {
    session.learntRule = other
    return 'other-rule'
  }
  session.believedJti = jti
  return 'nobody-knows-why'
}

function byRule(session: Session, rule: PrincipalRule): Participant | undefined {
  const editors = inOrder(session)
  const believed = editors.find(({ jti }) => jti === session.believedJti)
  return believed ?? editors.at(rule === 'last-joined' ? -1 : 0)
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
function latestAttempt({ saved, failing }: Session): string | undefined {
  return failing && failing.since > (saved?.at ?? 0) ? failing.jti : saved?.jti
}
