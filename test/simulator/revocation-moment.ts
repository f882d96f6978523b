import { setTimeout as pause } from 'node:timers/promises'
import { minute, second } from '../../simulator/application.js'
import type { Visit } from '../../simulator/co-author.js'
import { coAuthor } from '../../simulator/co-author.js'
import { EditorSession } from '../../simulator/editor-session.js'
import { excel } from '../../simulator/excel.js'
import { GroundTruth } from '../../simulator/ground-truth.js'
import type { Person } from '../../simulator/participant.js'
import { powerpoint } from '../../simulator/powerpoint.js'
import type { Random } from '../../simulator/random.js'
import { RestRefusal } from '../../simulator/rest-client.js'
import type { Happening } from '../../simulator/session-event.js'
import { sha256 } from '../../simulator/sha256.js'
import type { Account, SharedFile } from '../../simulator/shared-file.js'
import { editorFor, shareNewFile } from '../../simulator/shared-file.js'
import { VirtualClock } from '../../simulator/virtual-clock.js'
import { RecordingClient } from '../../simulator/recording-client.js'
import { word } from '../../simulator/word.js'

export interface Moment {
  readonly events: readonly Happening[]
  readonly acknowledged: number
  readonly refused: number
  /** The revocation overlapped a save. */
  readonly duringSave: boolean
  readonly typed: number
  /** Typed, but its editor was closed before it was ever sent. */
  readonly neverSent: number
  /** Everything that must not be. */
  readonly violations: readonly string[]
}

interface Stage {
  readonly owner: Account
  readonly users: readonly Account[]
  /** The instances of Tandem; editors are spread over them. */
  readonly urls: readonly string[]
}

interface Plan {
  readonly length: number
  readonly visits: readonly Visit[]
  readonly revoked: number
  readonly by: 'delete' | 'lower'
  /** At a simulated time, or some real milliseconds after that many saves have set off. */
  readonly when: { readonly at: number } | { readonly save: number; readonly delay: number }
}

/** One co-authoring session in virtual time, with one revocation at a random moment of it. */
export async function playMoment({ owner, users, urls }: Stage, random: Random): Promise<Moment> {
  const application = random.pick([word, excel('last-joined'), excel('first-joined'), powerpoint])
  const plan = randomPlan(random)
  const cast = random.shuffle(users).slice(0, plan.visits.length)
  const file = await shareNewFile(application, `Revocation ${random.guid()}`, [owner, ...cast])
  const people = await Promise.all(
    cast.map(async (account, index) => atInstance(await editorFor(account, file, account.user), urls, index)),
  )
  const [target, loser] = [cast[plan.revoked], people[plan.revoked]]
  if (!target || !loser) throw new Error('nobody to revoke')

  const clock = new VirtualClock()
  const truth = new GroundTruth((bytes) => application.open(bytes).markedLines())
  const events: Happening[] = []
  let revokedAt = Infinity
  let revocation: Promise<void> | undefined
  const revoke = (): Promise<void> =>
    (revocation ??= takeAway(owner, file, target, plan.by).then(() => void (revokedAt = performance.now())))
  let puts = 0
  const { when } = plan
  const client = new RecordingClient({ sessionId: random.guid() }, () => {
    puts += 1
    if ('save' in when && puts === when.save) void pause(when.delay).then(revoke)
  })
  const report = (what: Happening): void => void events.push(what)
  const session = new EditorSession({ application, clock, random, wopi: client, truth, report })

  const actors = people.map((person, index) => async () => {
    const visit = plan.visits[index]
    if (visit) await coAuthor(session, person, visit, clock, random.fork(person.name))
  })
  if ('at' in when) {
    actors.push(async () => {
      await clock.sleep(when.at)
      await revoke()
    })
  }
  await Promise.all(actors.map((actor) => clock.run(actor)))
  await revoke()

  const { rest } = owner
  const [head, items] = await Promise.all([rest.content(file.id), rest.recoveryItems(file.id)])
  const contents = await Promise.all(items.map(({ id }) => rest.recoveredContent(file.id, id)))
  const kept = new Set(contents.map(sha256))
  const refused = client.saves.filter(({ outcome }) => outcome.kind !== 'ok')
  const { typed, lost, duplicated, foreign } = truth.verify(head)
  const late = client.saves.filter(
    ({ access, outcome, setOffAt }) =>
      access === loser.access && outcome.kind === 'ok' && setOffAt > revokedAt,
  )
  const sent = client.saves.length
  return {
    events,
    acknowledged: sent - refused.length,
    refused: refused.length,
    duringSave: 'save' in when && puts >= when.save,
    typed,
    neverSent: truth.missingFrom([head, ...contents]).length,
    violations: [
      ...lost.map((mark) => `${file.id}: ${mark} was acknowledged and is gone`),
      ...[...duplicated, ...foreign].map((mark) => `${file.id}: ${mark} stands twice or is by nobody`),
      ...refused
        .filter((save) => !kept.has(save.sha256))
        .map(({ outcome }) => `${file.id}: a refused body was not kept: ${JSON.stringify(outcome)}`),
      ...refused
        .filter(({ access, outcome }) => access !== loser.access || outcome.kind !== 'refused')
        .map(({ outcome }) => `${file.id}: refused without reason: ${JSON.stringify(outcome)}`),
      ...items
        .filter((item, index) => item.sha256 !== sha256(contents[index] ?? head))
        .map(({ id }) => `${file.id}: recovery item ${id} is not what its sha256 says`),
      ...late.map(() => `${file.id}: a save was accepted after the right was gone`),
      ...((await seesRecoveryItems(target, file)) ? [`${file.id}: ${target.user} sees what was kept`] : []),
    ],
  }
}

function randomPlan(random: Random): Plan {
  const length = random.between(2, 18) * minute
  const people = 2 + Math.floor(random.next() * 3)
  const visits = Array.from({ length: people }, (_, index): Visit => {
    const arrives = index === 0 ? 0 : random.between(0, 0.5) * length
    const leaves = random.next() < 0.3 ? random.between(0.6, 1) * length : length
    return { arrives, leaves, pause: random.next() < 0.25 ? 'only-reads' : [5 * second, minute] }
  })
  const when =
    random.next() < 0.5
      ? { at: random.between(0, length) }
      : { save: 1 + Math.floor(random.next() * 5), delay: random.between(0, 8) }
  const by = random.next() < 0.5 ? 'delete' : 'lower'
  return { length, visits, revoked: Math.floor(random.next() * people), by, when }
}

function atInstance({ name, access }: Person, urls: readonly string[], index: number): Person {
  const url = urls[index % urls.length] ?? ''
  return { name, access: { ...access, wopiSrc: `${url}${new URL(access.wopiSrc).pathname}` } }
}

async function takeAway(
  { rest }: Account,
  file: SharedFile,
  { user }: Account,
  by: Plan['by'],
): Promise<void> {
  if (by === 'delete') await rest.revoke(file.id, `user:${user}`)
  else await rest.grant(file.id, `user:${user}`, 'viewer')
}

async function seesRecoveryItems({ rest }: Account, file: SharedFile): Promise<boolean> {
  try {
    await rest.recoveryItems(file.id)
    return true
  } catch (error) {
    if (error instanceof RestRefusal && (error.status === 403 || error.status === 404)) return false
    throw error
  }
}
