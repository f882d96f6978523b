import { profileOf, type PrincipalRule } from '../application-profile.js'
import { learnFromSave } from '../principal.js'
import type { Participant, PresenceSignal, Session, PresenceRecord } from './session.js'
import type { SessionEvent } from './session-changes.js'
import { covered, refused } from './unsaved-changes.js'

export function save(
  session: Session,
  { jti, userId, at }: PresenceRecord,
  { version, editors, returned }: Extract<PresenceSignal, { kind: 'saved' }>,
  rule: PrincipalRule,
  told: SessionEvent[],
): void {
  learnFromSave(session, jti, rule)
  session.saved = { at, version, userId, jti, editors }
  delete session.failing
  session.warned = session.warned.filter((warning) => warning !== 'save-overdue' && warning !== 'ghost-lock')
  for (const one of session.participants) {
    delete one.conflictedAt
    delete one.refusedAt
  }
  covered(session, at)
  told.push({ kind: 'saved', userId, detail: { version, editors, ...(returned && { returned }) } })
}

/** Why a save was refused although its token was good: two sides changed the file. */
const CONFLICTS: ReadonlySet<string> = new Set(['lock-mismatch', 'not-locked', 'external-change'])

export function refuse(
  session: Session,
  participant: Participant | undefined,
  { jti, userId, at }: PresenceRecord,
  reason: string,
  rule: PrincipalRule,
  told: SessionEvent[],
): void {
  // Whoever has nothing to do with the session does it no harm.
  if (!participant) return
  const isFirst = session.failing === undefined
  const since = session.failing?.since ?? at
  session.failing = { since, reason, userId, jti }
  refused(session, at)
  participant.refusedAt = at
  if (CONFLICTS.has(reason)) {
    if (participant.conflictedAt === undefined) told.push({ kind: 'conflict', userId, detail: { reason } })
    participant.conflictedAt ??= at
  }
  learnFromSave(session, jti, rule)
  if (!isFirst) return
  const everyoneOutBy = new Date(since + profileOf(session.application).evictAfterMs).toISOString()
  told.push({ kind: 'save-failing', userId, detail: { reason, everyoneOutBy } })
}
