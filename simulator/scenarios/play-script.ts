import type { Application } from '../application.js'
import { EditorSession } from '../editor-session.js'
import { GroundTruth } from '../ground-truth.js'
import type { Person } from '../participant.js'
import type { Random } from '../random.js'
import { RestRefusal } from '../rest-client.js'
import { sentence } from '../sentences.js'
import { sha256 } from '../sha256.js'
import type { Account, SharedFile } from '../shared-file.js'
import { editorFor, shareNewFile } from '../shared-file.js'
import { VirtualClock } from '../virtual-clock.js'
import { RecordingClient } from '../recording-client.js'
import type { WopiClientOptions } from '../wopi-client.js'
import type { Role, RoleScript, Script } from './script.js'
import type { HostFacts, KeptSave, Observed, Seen } from './observed.js'
import { observe } from './observed.js'

/** Who plays the parts. The owner edits nothing: nobody can take an owner's right away. */
export interface Actors {
  readonly owner: Account
  readonly roles: Readonly<Record<Role, Account>>
}

/** How the right to edit is taken away. */
export type Revocation = 'nothing-left' | 'may-still-read'

export interface Run {
  readonly cast: Actors
  readonly random: Random
  readonly wopi: Omit<WopiClientOptions, 'sessionId'>
  readonly revocation: Revocation
}

export interface Performance {
  readonly file: SharedFile
  readonly observed: Observed
  readonly log: readonly Seen[]
}

/** Plays a course in virtual time, as fast as the host answers, and asks the host what it has. */
export async function playCourse(
  production: Run,
  application: Application,
  course: Script,
): Promise<Performance> {
  const { cast, wopi } = production
  const { owner, roles } = cast
  const title = `${application.label} scenario ${course.name}`
  const file = await shareNewFile(application, title, [owner, roles.A, roles.B, roles.C])
  const random = production.random.fork(file.name)
  const clock = new VirtualClock()
  const truth = new GroundTruth((bytes) => application.open(bytes).markedLines())
  const client = new RecordingClient({ ...wopi, sessionId: random.guid() })
  const log: Seen[] = []
  const report = (what: Seen['what']): void => void log.push({ at: clock.now(), what })
  const service = random.fork('editor service')
  const session = new EditorSession({ application, clock, random: service, wopi: client, truth, report })

  const actors = Object.entries(course.parts).map(([role, part]) => async () => {
    const account = roles[role as Role]
    const person = await editorFor(account, file, account.user)
    await act(session, person, part, clock, random.fork(role))
  })
  const { revocation } = course
  let revokedAt: number | undefined
  if (revocation) {
    actors.push(async () => {
      await clock.sleep(revocation.at)
      await revoke(production, file, roles[revocation.of])
      revokedAt = clock.now()
    })
  }
  await Promise.all(actors.map((actor) => clock.run(actor)))

  const roleOf = (name: string): Role => {
    const role = (Object.keys(roles) as Role[]).find((one) => roles[one].user === name)
    if (!role) throw new Error(`${name} plays no part`)
    return role
  }
  const host = await askHost(production, file, truth, client, log)
  return { file, log, observed: { ...observe(course, log, roleOf), revokedAt, host } }
}

async function act(
  session: EditorSession,
  person: Person,
  part: RoleScript,
  clock: VirtualClock,
  random: Random,
): Promise<void> {
  await clock.sleep(part.opens - clock.now())
  await session.join(person)
  for (const { from, until, every } of part.types) {
    for (let at = from; at < until; at += every) {
      await clock.sleep(at - clock.now())
      if (!session.type(person, sentence(random))) return
    }
  }
  await clock.sleep(part.leaves - clock.now())
  if (session.has(person)) await session.leave(person)
}

async function revoke({ cast, revocation }: Run, file: SharedFile, account: Account): Promise<void> {
  const { rest } = cast.owner
  const subject = `user:${account.user}`
  if (revocation === 'may-still-read') await rest.grant(file.id, subject, 'viewer')
  else await rest.revoke(file.id, subject)
}

async function askHost(
  { cast: { owner, roles }, wopi }: Run,
  file: SharedFile,
  truth: GroundTruth,
  client: RecordingClient,
  log: readonly Seen[],
): Promise<HostFacts> {
  const { rest } = owner
  const head = await rest.content(file.id)
  const items = await rest.recoveryItems(file.id)
  const contents = await Promise.all(items.map(({ id }) => rest.recoveredContent(file.id, id)))
  const refusals = log.filter(({ what }) => what.kind === 'save-refused')
  const kept = items.map(({ reason, userId }, index): KeptSave => {
    const bytes = contents[index] ?? head
    const before = typedUntil(log, refusals[index]?.at ?? 0)
    return {
      reason,
      user: userId,
      lacks: truth.missingFrom([head, bytes]).filter((mark) => before.has(mark)),
    }
  })
  const keptHashes = new Set(contents.map(sha256))
  const { lost, duplicated, foreign, typed } = truth.verify(head)
  const { access } = await editorFor(owner, file, owner.user)
  const lock = await new RecordingClient({ ...wopi, sessionId: 'after' }).getLock(access)
  return {
    headVersion: await rest.headVersion(file.id),
    lock: lock.kind === 'ok' ? lock.lock : `unknown: ${lock.call}`,
    typed,
    lost,
    strange: [...duplicated, ...foreign],
    nowhere: truth.missingFrom([head, ...contents]),
    kept,
    notKept: client.saves.filter(
      ({ outcome, sha256: hash }) => outcome.kind !== 'ok' && !keptHashes.has(hash),
    ).length,
    shown: new Map([
      ['owner', await shownTo(owner, file)],
      ['A', await shownTo(roles.A, file)],
      ['B', await shownTo(roles.B, file)],
      ['C', await shownTo(roles.C, file)],
    ]),
  }
}

function typedUntil(log: readonly Seen[], until: number): Set<string> {
  return new Set(log.flatMap(({ at, what }) => (what.kind === 'typed' && at <= until ? [what.mark] : [])))
}

async function shownTo({ rest }: Account, file: SharedFile): Promise<number | 'refused'> {
  try {
    return (await rest.recoveryItems(file.id)).length
  } catch (error) {
    if (error instanceof RestRefusal && (error.status === 403 || error.status === 404)) return 'refused'
    throw error
  }
}
