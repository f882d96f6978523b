import type { EventKind } from '../../events/event-kind.js'
import type { UserId } from '../../ids/ids.js'
import { profileOf, type PrincipalRule } from '../application-profile.js'
import { principalOf } from '../principal.js'
import type { LeftReason, Participant, Session } from './session.js'
import { knownUnsavedSince } from './unsaved-changes.js'

/** Something worth telling; file and session are known from where it is told. */
export interface SessionEvent {
  readonly kind: EventKind
  readonly userId?: UserId
  readonly detail?: Readonly<Record<string, unknown>>
}

export function leave(
  session: Session,
  participant: Participant,
  at: number,
  reason: LeftReason,
  told: SessionEvent[],
): void {
  participant.left = { at, reason }
  delete participant.coauthUntil
  delete session.believedJti
  const removed = reason === 'right-lost' || reason === 'token-expired' || reason === 'token-revoked'
  const kind = removed ? 'participant-removed' : 'participant-left'
  told.push({ kind, userId: participant.userId, detail: { reason } })
}

export function end(
  session: Session,
  at: number,
  reason: NonNullable<Session['ended']>['reason'],
  told: SessionEvent[],
): void {
  session.ended = { at, reason }
  const unsaved = knownUnsavedSince(session) === undefined ? 'unknown' : 'yes'
  const unsavedChanges = reason === 'closed' && session.unsavedSince === undefined ? 'no' : unsaved
  told.push({ kind: 'session-ended', detail: { reason, unsavedChanges } })
}

export function tellPrincipal(
  session: Session,
  before: UserId | undefined,
  rule: PrincipalRule,
  told: SessionEvent[],
): void {
  if (profileOf(session.application).savesWith !== 'principal') return
  const now = principalOf(session, rule).participant?.userId
  if (now !== before && now !== undefined) told.push({ kind: 'principal-changed', userId: now })
}
