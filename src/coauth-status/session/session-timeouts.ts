import { GHOST_AFTER_MS, profileOf, OVERDUE_AFTER_MS, type PrincipalRule } from '../application-profile.js'
import { iso } from '../iso.js'
import { principalOf } from '../principal.js'
import {
  countPeople,
  editorsOf,
  isEditorsLock,
  isPresent,
  type LockFact,
  type Participant,
  type Session,
  type Warning,
} from './session.js'
import { end, leave, tellPrincipal, type SessionEvent } from './session-changes.js'
import { knownUnsavedSince } from './unsaved-changes.js'

/** After the application must have put everybody out, so long is waited for a sign of the contrary. */
const PUT_OUT_MARGIN_MS = 60_000

/** A lock lives this part of its time before a missing refresh is worth a warning. */
const OVERDUE_PART = 2 / 3

export interface TimeoutContext {
  readonly lock: LockFact
  readonly lockTtlMs: number
  readonly rule: PrincipalRule
}

/**
 * What time alone does to a session: silent people have left, a failed session ends, and what is late is told before
 * it is lost (RELIABILITY-SECURITY.md §3.5). Changes the session; asked with the same time twice, it changes nothing more.
 */
export function applyTimeouts(
  session: Session,
  now: number,
  { lock, lockTtlMs, rule }: TimeoutContext,
): SessionEvent[] {
  const told: SessionEvent[] = []
  if (session.ended) return told
  const before = principalOf(session, rule).participant?.userId
  meetHolders(session, lock, told)
  for (const participant of session.participants.filter(isPresent)) {
    const goneSince = whenGone(session, participant, lock, now)
    if (goneSince === undefined || now < goneSince.at) continue
    leave(session, participant, goneSince.at, goneSince.reason, told)
  }
  const lockExpired = session.lockHeld && lock.kind === 'none'
  if (!session.participants.some(isPresent) && !isEditorsLock(lock)) {
    end(session, now, lockExpired ? 'lock-expired' : session.lockHeld ? 'silent' : 'closed', told)
    return told
  }
  warn(session, now, lock, lockTtlMs, told)
  tellPrincipal(session, before, rule, told)
  return told
}

/** After a refusal for the right or the token Microsoft's applications put everybody out; a conflict puts out nobody. */
const PUTS_OUT: ReadonlySet<string> = new Set(['permission-revoked', 'token-expired', 'token-revoked'])

/** Whoever has a coauth lock is here, even if nobody saw them take it: the server that did may have died. */
function meetHolders(session: Session, { coauth = [] }: LockFact, told: SessionEvent[]): void {
  for (const { jti, userId, acquiredAt, expiresAt } of coauth) {
    if (session.participants.some((one) => one.jti === jti)) continue
    const seen = { joinedAt: acquiredAt, lastSeenAt: acquiredAt, coauthUntil: expiresAt }
    session.participants.push({ jti, userId, mode: 'edit', family: 'microsoft', ...seen })
    told.push({ kind: 'participant-joined', userId, detail: { mode: 'edit' } })
  }
}

/** What was noted of a coauth lock is by so much younger than the lock, at most. */
const NOTED_LATER_MS = 5000

function whenGone(
  session: Session,
  { jti, lastSeenAt, family, coauthUntil }: Participant,
  lock: LockFact,
  now: number,
): { at: number; reason: 'silent' | 'save-failed' | 'lock-expired' | 'closed' } | undefined {
  // Stronger than anything else: the lock is there, or it is not.
  if (lock.coauth?.some((one) => one.jti === jti)) return undefined
  if (coauthUntil !== undefined) {
    const expired = now >= coauthUntil - NOTED_LATER_MS
    return { at: Math.min(now, coauthUntil), reason: expired ? 'lock-expired' : 'closed' }
  }
  const callsForEachPerson = family === 'microsoft'
  const { inactivityTimeoutMs: silenceMs, evictAfterMs: patienceMs } = profileOf(session.application)
  if (session.failing && callsForEachPerson && PUTS_OUT.has(session.failing.reason)) {
    const out = session.failing.since + patienceMs + PUT_OUT_MARGIN_MS
    if (lastSeenAt < out - PUT_OUT_MARGIN_MS + 1) return { at: out, reason: 'save-failed' }
  }
  // Collabora and ONLYOFFICE call for the document, not for each person: silence says nothing while it is locked.
  if (!callsForEachPerson && lock.kind === 'wopi') return undefined
  return { at: lastSeenAt + silenceMs, reason: 'silent' }
}

function warn(session: Session, now: number, lock: LockFact, lockTtlMs: number, told: SessionEvent[]): void {
  const once = (warning: Warning, is: boolean, detail: () => Record<string, unknown>): void => {
    if (!is || session.warned.includes(warning)) return
    session.warned.push(warning)
    told.push({ kind: warning, detail: detail() })
  }
  const unsavedSince = knownUnsavedSince(session)
  once('save-overdue', isOverdue(session, now), () => ({ unsavedSince: iso(unsavedSince) }))
  if (lock.kind !== 'wopi' || lock.expiresAt === undefined || lock.refreshedAt === undefined) return
  const { refreshedAt, expiresAt } = lock
  once('refresh-overdue', now > refreshedAt + lockTtlMs * OVERDUE_PART, () => ({
    refreshedAt: iso(refreshedAt),
    expiresAt: iso(expiresAt),
  }))
  once('lock-in-grace', now >= expiresAt, () => ({ expiresAt: iso(expiresAt) }))
  once('ghost-lock', isGhost(session, now, lock), () => ({ lastActivityAt: iso(session.lastActivityAt) }))
}

/** Changes wait for longer than the application ever lets them (RELIABILITY-SECURITY.md §3.7). */
export function isOverdue(session: Session, now: number): boolean {
  const every = profileOf(session.application).saveEveryMs(countPeople(editorsOf(session)))
  const unsavedSince = knownUnsavedSince(session)
  if (unsavedSince === undefined || every === undefined) return false
  return now > unsavedSince + every + OVERDUE_AFTER_MS
}

/** Somebody's editor service keeps the lock alive, and nobody is there. */
export function isGhost({ lastActivityAt }: Session, now: number, lock: LockFact): boolean {
  return (
    lock.kind === 'wopi' && now > lastActivityAt + GHOST_AFTER_MS && (lock.refreshedAt ?? 0) > lastActivityAt
  )
}
