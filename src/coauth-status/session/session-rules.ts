import { applicationOf, profileOf, LATE_SAVE_MS, type PrincipalRule } from '../application-profile.js'
import { learnFromLife, principalOf } from '../principal.js'
import { end, leave, tellPrincipal, type SessionEvent } from './session-changes.js'
import {
  editorsOf,
  isPresent,
  type Participant,
  type PresenceSignal,
  type Session,
  type PresenceRecord,
} from './session.js'
import { refuse, save } from './session-saves.js'
import { changed, refused, saidUnmodified } from './unsaved-changes.js'

/** What opens a session. A save alone does: Collabora has been seen to lock nothing (CLIENTS.md pain 15). */
const OPENS: ReadonlySet<PresenceSignal['kind']> = new Set([
  'checked',
  'locked',
  'refreshed',
  'coauth-locked',
  'saved',
  'edited',
])

/** What brings somebody back who had been thought gone. */
const REVIVES: ReadonlySet<PresenceSignal['kind']> = OPENS

/** Nobody's editor service says this for them when they are gone. */
const DIRECT_SIGNALS: ReadonlySet<PresenceSignal['kind']> = new Set(['checked', 'edited', 'coauth-locked'])

/** Told by the page around the editor. */
const BY_PAGE: ReadonlySet<PresenceSignal['kind']> = new Set([
  'edited',
  'modified',
  'unmodified',
  'here',
  'together',
  'left',
])

/** Signs of a person, where lock calls are signs of the editor service only. */
const PERSONAL: ReadonlySet<PresenceSignal['kind']> = new Set([
  'checked',
  'read',
  'saved',
  'save-refused',
  'edited',
  'modified',
  'unmodified',
  'here',
  'together',
  'coauth-locked',
  'coauth-unlocked',
])

/**
 * Takes one sighting into the file's latest session, which it changes, or opens the next one
 * (RELIABILITY-SECURITY.md §3.7). Sightings of several servers may come a little out of order.
 * @returns the session that the sighting belongs to, if any, and what is worth telling
 */
export function observe(
  latest: Session | undefined,
  given: PresenceRecord,
  { fileName, newId, rule }: { fileName: string; newId: () => string; rule: PrincipalRule },
): { session: Session | undefined; told: SessionEvent[] } {
  const told: SessionEvent[] = []
  const sighting = asMeant(latest, given)
  const { what, at } = sighting
  if (latest?.ended && isLate(latest, sighting)) {
    if (what.kind === 'saved') save(latest, sighting, what, rule, told)
    // Told of in no event any more, but what it held is not in the file.
    else if (what.kind === 'save-refused') refused(latest, at)
    return { session: latest, told }
  }
  let session = latest?.ended ? undefined : latest
  if (!session) {
    if (!OPENS.has(what.kind)) return { session: undefined, told }
    session = open(newId(), fileName, sighting)
    told.push({
      kind: 'session-started',
      userId: sighting.userId,
      detail: { application: session.application },
    })
  }
  const before = principalOf(session, rule).participant?.userId
  const participant = joinOrRevive(session, sighting, told)
  if (participant) participant.lastSeenAt = Math.max(participant.lastSeenAt, at)
  if (participant && BY_PAGE.has(what.kind))
    participant.reportedAt = Math.max(participant.reportedAt ?? 0, at)
  recogniseFamily(session, sighting)
  if (PERSONAL.has(what.kind)) session.lastActivityAt = Math.max(session.lastActivityAt, at)
  if (participant && REVIVES.has(what.kind) && learnFromLife(session, participant, at, rule)) {
    told.push({ kind: 'principal-relearned', detail: { rule: session.learntRule } })
  }
  applySignal(session, participant, sighting, rule, told)
  tellPrincipal(session, before, rule, told)
  return { session, told }
}

/**
 * Collabora tells every view of a document that it was modified, those who only watch as well; its word is about the
 * document and nobody in particular, also where a page relays it as somebody's.
 */
function asMeant(latest: Session | undefined, sighting: PresenceRecord): PresenceRecord {
  const { what, family } = sighting
  if (what.kind !== 'edited') return sighting
  const isCollaboras =
    family === 'collabora' || latest?.participants.some((one) => one.family === 'collabora')
  return isCollaboras ? { ...sighting, what: { kind: 'modified' } } : sighting
}

function open(id: string, fileName: string, { fileId, page, at }: PresenceRecord): Session {
  return {
    id,
    fileId,
    application: applicationOf(fileName, page),
    startedAt: at,
    lastActivityAt: at,
    lockHeld: false,
    warned: [],
    participants: [],
  }
}

/** The last save and unlock of an editor service that took its time after the last tab was closed. */
function isLate({ ended, participants }: Session, { at, jti, what }: PresenceRecord): boolean {
  if (!ended || at - ended.at > LATE_SAVE_MS || DIRECT_SIGNALS.has(what.kind)) return false
  return participants.some((participant) => participant.jti === jti)
}

/** The editor service saves and refreshes with somebody's token for a while after their page was closed. */
function isPostCloseTraffic(
  { at: leftAt, reason }: NonNullable<Participant['left']>,
  at: number,
  what: PresenceSignal,
): boolean {
  const saidSo = reason === 'page-closed' || reason === 'closed'
  return saidSo && at - leftAt <= LATE_SAVE_MS && !DIRECT_SIGNALS.has(what.kind)
}

function joinOrRevive(
  session: Session,
  sighting: PresenceRecord,
  told: SessionEvent[],
): Participant | undefined {
  const { jti, userId, family, at, what } = sighting
  const known = session.participants.find((participant) => participant.jti === jti)
  // A page that has renewed its token is the same page; its editor may not use the new one for a while.
  const goesOn =
    what.kind === 'here'
      ? session.participants.find((one) => one.userId === userId && isPresent(one))
      : undefined
  const mode = goesOn ? goesOn.mode : what.kind === 'checked' && !what.canWrite ? 'view' : 'edit'
  if (known) {
    if (!known.left || !REVIVES.has(what.kind) || at <= known.left.at) return known
    if (isPostCloseTraffic(known.left, at, what)) return known
    delete known.left
    Object.assign(known, { mode, joinedAt: at })
  } else if (!REVIVES.has(what.kind) && !goesOn) {
    return undefined
  }
  const participant = known ?? { jti, userId, mode, family, joinedAt: at, lastSeenAt: at }
  if (!known) session.participants.push(participant)
  // Whoever the editor service obeys by mistake is believed only as long as nobody comes or goes.
  delete session.believedJti
  told.push({ kind: 'participant-joined', userId, detail: { mode } })
  return participant
}

/** One document is one editor service's: what one call gave away holds for all who are in it (CLIENTS.md pain 25). */
function recogniseFamily(session: Session, { family }: PresenceRecord): void {
  if (family === 'microsoft') return
  for (const one of session.participants) one.family = family
}

function applySignal(
  session: Session,
  participant: Participant | undefined,
  sighting: PresenceRecord,
  rule: PrincipalRule,
  told: SessionEvent[],
): void {
  const { what, at } = sighting
  const { checkedBy } = profileOf(session.application)
  switch (what.kind) {
    case 'checked':
      if (!participant) return
      participant.checkedAt = at
      if (!what.canWrite && participant.mode === 'edit') leave(session, participant, at, 'right-lost', told)
      else if (what.canWrite) participant.mode = 'edit'
      return
    case 'locked':
    case 'refreshed':
      session.lockHeld = true
      session.warned = session.warned.filter(
        (warning) => warning !== 'refresh-overdue' && warning !== 'lock-in-grace',
      )
      if (!participant) return
      participant.mode = 'edit'
      if (checkedBy === 'refresh-lock') participant.checkedAt = at
      return
    case 'unlocked':
      // Written late, it says nothing about those who were seen after it.
      for (const one of session.participants) {
        if (one.mode === 'edit' && isPresent(one) && one.lastSeenAt <= at)
          leave(session, one, at, 'closed', told)
      }
      session.lockHeld = editorsOf(session).length > 0
      if (!session.participants.some(isPresent)) end(session, at, 'closed', told)
      return
    case 'coauth-locked':
      session.lockHeld = true
      if (!participant) return
      participant.mode = 'edit'
      participant.coauthUntil = at + what.lifetimeMs
      return
    case 'coauth-unlocked':
      if (!participant || !isPresent(participant)) return
      delete participant.coauthUntil
      leave(session, participant, at, 'closed', told)
      session.lockHeld = editorsOf(session).length > 0
      if (!session.participants.some(isPresent)) end(session, at, 'closed', told)
      return
    case 'saved':
      if (participant && what.modifiedByUser) participant.editedAt = at
      save(session, sighting, what, rule, told)
      return
    case 'save-refused':
      refuse(session, participant, sighting, what.reason, rule, told)
      return
    case 'turned-away':
      if (participant?.mode === 'edit' && isPresent(participant))
        leave(session, participant, at, what.reason, told)
      return
    case 'edited':
      if (!participant) return
      participant.editedAt = Math.max(participant.editedAt ?? 0, at)
      participant.reports ??= 'edits'
      changed(session, at)
      return
    case 'modified':
      if (!participant || !isPresent(participant)) return
      participant.reports = 'modified'
      changed(session, at)
      return
    case 'unmodified':
      if (!participant || !isPresent(participant)) return
      participant.reports = 'modified'
      saidUnmodified(session, at)
      return
    case 'together':
      // A page can vouch for those who are known to be here, and for nobody else.
      for (const one of session.participants) {
        if (isPresent(one) && what.userIds.includes(one.userId)) one.lastSeenAt = Math.max(one.lastSeenAt, at)
      }
      return
    case 'left':
      if (participant && isPresent(participant)) leave(session, participant, at, 'page-closed', told)
      return
    case 'read':
    case 'here':
    case 'lock-conflict':
      // Joining and probing traffic, all day long: never a conflict (RELIABILITY-SECURITY.md §3.7).
      return
  }
}
