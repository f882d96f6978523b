import type { FileId, LockId, UserId } from '../ids/ids.js'
import { profileOf, type ApplicationName, applicationOf, type PrincipalRule } from './application-profile.js'
import { iso } from './iso.js'
import { isGhost, isOverdue, applyTimeouts } from './session/session-timeouts.js'
import { principalOf } from './principal.js'
import {
  countPeople,
  editorsOf,
  isEditorsLock,
  isPresent,
  type Participant,
  type Session,
} from './session/session.js'
import type { CoauthDetail, LockDetail, StatusFacts } from './status.statements.js'
import { knownUnsavedSince, uncleanEnd } from './session/unsaved-changes.js'

export type SessionState =
  'idle' | 'opening' | 'viewing' | 'editing' | 'save-overdue' | 'save-failing' | 'closing'

/** `unknown` wherever nothing can be known: an administrator acts on this. */
export type Unsaved = 'yes' | 'no' | 'unknown'

export interface StatusRules {
  readonly rule: PrincipalRule
  readonly lockTtlMs: number
}

/** One person; their tabs together. */
export interface EditorStatus {
  readonly userId: UserId
  readonly displayName: string
  readonly joinedAt: string
  readonly lastSeenAt: string
  readonly canWrite: boolean
  readonly isPrincipal: boolean
  readonly unsavedChanges: Unsaved
  readonly conflicted: boolean
  readonly nextPermissionCheckBy: string
  /** How many access tokens (tabs) they have open. */
  readonly tokens: number
}

/** A lock of one native client (WOPI.md §12). */
export interface CoauthLockStatus {
  readonly lockId: LockId
  readonly type: 'Coauth' | 'CoauthExclusive'
  readonly userId: UserId
  readonly displayName: string
  readonly acquiredAt: string
  readonly expiresAt: string
}

export interface CoauthStatus {
  readonly fileId: FileId
  readonly name: string
  readonly application: ApplicationName
  readonly sessionId: string | null
  readonly state: SessionState
  readonly editorCount: number
  readonly editors: readonly EditorStatus[]
  readonly viewerCount: number
  readonly unsavedChanges: Unsaved
  readonly unsavedSince: string | null
  readonly conflictedUsers: readonly UserId[]
  readonly principal: {
    readonly userId: UserId | null
    readonly rule: PrincipalRule | 'last-editor'
    readonly confirmedBySave: boolean
  }
  readonly lastSave: {
    readonly version: string
    readonly at: string
    readonly userId: UserId
    readonly editors: readonly string[]
  } | null
  readonly nextSaveBy: string | null
  /** While saves are refused: when the application will have put everybody out. */
  readonly everyoneOutBy: string | null
  readonly lock: Record<string, unknown> | null
  readonly coauthLocks: readonly CoauthLockStatus[]
  readonly recoveryItems: number
  readonly ghost: boolean
  readonly safeToModify: boolean
  readonly reasons: readonly string[]
}

/** The status of a file, from what is stored and what time has done to it since: docs/api.md tells its fields. */
export function statusOf(stored: StatusFacts, { rule, lockTtlMs }: StatusRules): CoauthStatus {
  const { now, file, lock, lastSave } = stored
  const session = stored.session && structuredClone(stored.session)
  if (session) applyTimeouts(session, now, { lock, lockTtlMs, rule })
  const facts = { ...stored, ...uncleanEnd(stored.session, session) }
  const open = session?.ended ? undefined : session
  const editors = open ? editorsOf(open) : []
  const principal = open && principalOf(open, rule)
  const unsavedChanges = unsavedOf(open, editors, facts)
  const application = session?.application ?? applicationOf(file.name)
  const usesRule = profileOf(application).savesWith === 'principal'
  return {
    fileId: file.id,
    name: file.name,
    application,
    sessionId: open?.id ?? null,
    state: stateOf(open, editors, lock, now),
    editorCount: countPeople(editors),
    editors: open ? peopleOf(open, editors, principal?.participant?.userId, facts) : [],
    viewerCount: open ? countViewers(open, editors) : 0,
    unsavedChanges,
    unsavedSince: iso(open && knownUnsavedSince(open)),
    conflictedUsers: [
      ...new Set(editors.filter((one) => one.conflictedAt !== undefined).map((one) => one.userId)),
    ],
    principal: {
      userId: principal?.participant?.userId ?? null,
      rule: principal?.rule ?? (usesRule ? rule : 'last-editor'),
      confirmedBySave: principal?.confirmedBySave ?? false,
    },
    lastSave: lastSave ? { ...lastSave, at: new Date(lastSave.at).toISOString() } : null,
    nextSaveBy: open ? iso(nextSaveBy(open, editors)) : null,
    everyoneOutBy: iso(open?.failing && open.failing.since + profileOf(application).evictAfterMs),
    lock: lockView(lock, now),
    coauthLocks: (lock.coauth ?? []).map(coauthView),
    recoveryItems: facts.recoveryItems,
    ghost: open !== undefined && isGhost(open, now, lock),
    ...safety(open, editors, facts, unsavedChanges),
  }
}

function stateOf(
  session: Session | undefined,
  editors: readonly Participant[],
  lock: LockDetail,
  now: number,
): SessionState {
  if (!session) return isEditorsLock(lock) ? 'editing' : 'idle'
  if (session.failing && (editors.length > 0 || isEditorsLock(lock))) return 'save-failing'
  if (isOverdue(session, now)) return 'save-overdue'
  if (editors.length === 0) {
    if (isEditorsLock(lock)) return 'closing'
    return session.participants.some(isPresent) ? 'viewing' : 'idle'
  }
  return isEditorsLock(lock) || session.lockHeld || session.saved ? 'editing' : 'opening'
}

function unsavedOf(
  session: Session | undefined,
  editors: readonly Participant[],
  facts: StatusFacts,
): Unsaved {
  if (!session) return isEditorsLock(facts.lock) || facts.uncleanEndAt !== undefined ? 'unknown' : 'no'
  if (session.unsavedSince !== undefined) return session.unsavedUnclear ? 'unknown' : 'yes'
  if (editors.length === 0) return isEditorsLock(facts.lock) || session.lockHeld ? 'unknown' : 'no'
  return editors.every((one) => one.reports === 'modified') ? 'no' : 'unknown'
}

function peopleOf(
  session: Session,
  editors: readonly Participant[],
  principalId: UserId | undefined,
  { people }: StatusFacts,
): EditorStatus[] {
  const facts = new Map(people.map((person) => [person.jti, person]))
  const users = [...new Set(editors.map(({ userId }) => userId))]
  return users.map((userId) => {
    const tabs = editors.filter((one) => one.userId === userId)
    const { checkEveryMs } = profileOf(session.application)
    const checks = tabs.map((one) => (one.checkedAt ?? one.joinedAt) + checkEveryMs)
    return {
      userId,
      displayName: (tabs[0] && facts.get(tabs[0].jti))?.displayName ?? userId,
      joinedAt: new Date(Math.min(...tabs.map((one) => one.joinedAt))).toISOString(),
      lastSeenAt: new Date(Math.max(...tabs.map((one) => one.lastSeenAt))).toISOString(),
      canWrite: tabs.some((one) => facts.get(one.jti)?.canWrite ?? false),
      isPrincipal: userId === principalId,
      unsavedChanges: unsavedBy(session, tabs),
      conflicted: tabs.some((one) => one.conflictedAt !== undefined),
      nextPermissionCheckBy: new Date(Math.min(...checks)).toISOString(),
      tokens: tabs.length,
    }
  })
}

function unsavedBy(session: Session, tabs: readonly Participant[]): Unsaved {
  if (session.unsavedUnclear) return 'unknown'
  const savedAt = session.saved?.at ?? 0
  if (tabs.some((one) => (one.editedAt ?? 0) > savedAt || one.refusedAt !== undefined)) return 'yes'
  // Of a document that is modified Collabora does not say by whom.
  const isNobodys = session.unsavedSince === undefined && tabs.every((one) => one.reports === 'modified')
  return isNobodys ? 'no' : 'unknown'
}

function countViewers(session: Session, editors: readonly Participant[]): number {
  const editing = new Set(editors.map(({ userId }) => userId))
  const viewers = session.participants.filter((one) => one.mode === 'view' && isPresent(one))
  return countPeople(viewers.filter(({ userId }) => !editing.has(userId)))
}

/** Known only when changes wait: without any there is no next save. */
export function nextSaveBy(session: Session, editors: readonly Participant[]): number | undefined {
  const every = profileOf(session.application).saveEveryMs(countPeople(editors))
  const unsavedSince = knownUnsavedSince(session)
  return unsavedSince === undefined || every === undefined ? undefined : unsavedSince + every
}

function lockView(lock: LockDetail, now: number): Record<string, unknown> | null {
  if (lock.kind === 'none' || lock.kind === 'coauth') return null
  return {
    kind: lock.kind,
    lockId: lock.lockId ?? '',
    takenAt: iso(lock.takenAt),
    refreshedAt: iso(lock.refreshedAt),
    expiresAt: iso(lock.expiresAt),
    inGrace: lock.kind === 'wopi' && now >= (lock.expiresAt ?? Infinity),
    holder: lock.holder ?? null,
    ...(lock.kind === 'exclusive' ? { reason: lock.reason ?? '' } : {}),
  }
}

function coauthView({ lockId, type, userId, name, acquiredAt, expiresAt }: CoauthDetail): CoauthLockStatus {
  return {
    lockId,
    type,
    userId,
    displayName: name,
    acquiredAt: new Date(acquiredAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
  }
}

/** For so long after a session an editor may still come back with what it could not save: its token is heard. */
const MAY_COME_BACK_MS = 24 * 3600_000

/** May a batch job touch the file now, and if not, why not? Nobody may be there, nor any work that is not saved. */
function safety(
  session: Session | undefined,
  editors: readonly Participant[],
  { lock, now, uncleanEndAt }: StatusFacts,
  unsavedChanges: Unsaved,
): { safeToModify: boolean; reasons: string[] } {
  const reasons: string[] = []
  const people = countPeople(editors)
  if (people > 0) reasons.push(people === 1 ? '1 person is editing' : `${people} people are editing`)
  if (lock.kind === 'exclusive') reasons.push(`locked exclusively: ${lock.reason ?? ''}`)
  if (isEditorsLock(lock) && people === 0)
    reasons.push('an editor still holds the lock, though nobody was seen lately')
  if (session?.failing) reasons.push('saves are being refused')
  if (unsavedChanges === 'yes') reasons.push('there are unsaved changes')
  const mayComeBack = session ?? now < (uncleanEndAt ?? -Infinity) + MAY_COME_BACK_MS
  if (unsavedChanges === 'unknown' && mayComeBack && reasons.length === 0)
    reasons.push('there may be unsaved changes')
  return { safeToModify: reasons.length === 0, reasons }
}
