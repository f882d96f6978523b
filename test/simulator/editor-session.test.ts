import { afterEach, describe, expect, it } from 'vitest'
import { minute, second } from '../../simulator/application.js'
import type { Application } from '../../simulator/application.js'
import { EditorSession } from '../../simulator/editor-session.js'
import { excel } from '../../simulator/excel.js'
import { GroundTruth } from '../../simulator/ground-truth.js'
import type { Person } from '../../simulator/participant.js'
import { powerpoint } from '../../simulator/powerpoint.js'
import { Random } from '../../simulator/random.js'
import type { Happening } from '../../simulator/session-event.js'
import { VirtualClock } from '../../simulator/virtual-clock.js'
import { word } from '../../simulator/word.js'
import { WopiClient } from '../../simulator/wopi-client.js'
import { PretendHost } from './pretend-host.js'

type Log = { at: number; what: Happening }[]

interface Desk {
  readonly host: PretendHost
  readonly clock: VirtualClock
  readonly session: EditorSession
  readonly truth: GroundTruth
  readonly log: Log
  readonly person: (name: string) => Person
  /** Plays a script in virtual time and waits for its end. */
  readonly play: (script: () => Promise<void>) => Promise<void>
}

const hosts: PretendHost[] = []
const sessions: EditorSession[] = []
afterEach(() => {
  // In virtual time whoever is still here would ask a host that is gone again and again, without a pause and for ever.
  for (const session of sessions.splice(0)) session.abandon()
  for (const host of hosts.splice(0)) host.stop()
})

async function deskFor(application: Application): Promise<Desk> {
  const host = await PretendHost.start(application.blank('Test'))
  hosts.push(host)
  const clock = new VirtualClock()
  const truth = new GroundTruth((bytes) => application.open(bytes).markedLines())
  const log: Log = []
  const session = new EditorSession({
    application,
    clock,
    truth,
    random: new Random('test'),
    wopi: new WopiClient({ sessionId: 'test' }),
    report: (what) => log.push({ at: clock.now(), what }),
  })
  sessions.push(session)
  return {
    host,
    clock,
    session,
    truth,
    log,
    person: (name) => ({ name, access: host.access(name) }),
    play: (script) => clock.run(script),
  }
}

function eventsOf<K extends Happening['kind']>(
  log: Log,
  kind: K,
): ({ at: number } & Extract<Happening, { kind: K }>)[] {
  return log.flatMap(({ at, what }) =>
    what.kind === kind ? [{ at, ...(what as Extract<Happening, { kind: K }>) }] : [],
  )
}

describe('Word', () => {
  it('saves 30 seconds after the first change, with the token of whoever changed last', async () => {
    const { host, clock, session, log, person, play } = await deskFor(word)
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      await session.join(bob)
      session.type(alice, 'one')
      await clock.sleep(10 * second)
      session.type(bob, 'two')
      await clock.sleep(40 * second)
      session.type(alice, 'three')
      await clock.sleep(40 * second)
      await session.leave(bob)
      await session.leave(alice)
    })
    expect(host.usersOf('PUT')).toEqual(['bob', 'alice'])
    expect(eventsOf(log, 'saved').map(({ at }) => at)).toEqual([30 * second, 80 * second])
    expect(host.calls.filter(({ operation }) => operation === 'PUT').map(({ editors }) => editors)).toEqual([
      'alice,bob',
      'alice',
    ])
  })

  it('locks once, with the first token, and exchanges the short lock id for the long one', async () => {
    const { host, clock, session, person, play } = await deskFor(word)
    await play(async () => {
      await session.join(person('alice'))
      await session.join(person('bob'))
      await clock.sleep(second)
    })
    expect(host.usersOf('LOCK')).toEqual(['alice'])
    expect(host.usersOf('RELOCK')).toEqual(['alice'])
    expect(JSON.parse(host.lock)).toMatchObject({ F: 6, E: 2 })
  })

  it('lets the last to leave save and unlock, and opens the document afresh for the next', async () => {
    const { host, clock, session, truth, person, play } = await deskFor(word)
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      session.type(alice, 'one')
      await session.leave(alice)
      expect(host.lock).toBe('')
      await clock.sleep(minute)
      await session.join(bob)
      session.type(bob, 'two')
      await session.leave(bob)
    })
    expect(host.usersOf('UNLOCK')).toEqual(['alice', 'bob'])
    expect(truth.verify(host.content)).toMatchObject({ typed: 2, found: 2 })
  })

  it('keeps the lock alive through hours of reading', async () => {
    const { host, clock, session, log, person, play } = await deskFor(word)
    await play(async () => {
      await session.join(person('alice'))
      await clock.sleep(180 * minute)
    })
    const refreshes = eventsOf(log, 'lock-refreshed').map(({ at }) => at)
    const gaps = refreshes.map((at, index) => at - (refreshes[index - 1] ?? 0))
    expect(refreshes.length).toBeGreaterThan(6)
    expect(Math.max(...gaps)).toBeLessThan(30 * minute)
    expect(host.usersOf('CheckFileInfo').length).toBeGreaterThanOrEqual(180 / 5)
  })

  it('removes an idle person who may not edit any more within 5 minutes, and nobody else', async () => {
    const { host, clock, session, log, truth, person, play } = await deskFor(word)
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      await session.join(bob)
      await clock.sleep(minute)
      host.mayNotEdit.add('bob')
      for (let line = 0; line < 10; line += 1) {
        session.type(alice, 'more')
        await clock.sleep(minute)
      }
      await session.leave(alice)
    })
    expect(eventsOf(log, 'removed')).toMatchObject([{ who: 'bob' }])
    expect(eventsOf(log, 'removed')[0]?.at).toBeLessThanOrEqual(6 * minute)
    expect(truth.verify(host.content)).toMatchObject({ typed: 10, found: 10 })
  })

  it('removes everyone at once when a save is refused', async () => {
    const { host, clock, session, log, person, play } = await deskFor(word)
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      await session.join(bob)
      host.mayNotEdit.add('bob')
      session.type(alice, 'one')
      session.type(bob, 'two')
      await clock.sleep(minute)
    })
    expect(eventsOf(log, 'removed').map(({ at, who }) => [at, who])).toEqual([
      [30 * second, 'alice'],
      [30 * second, 'bob'],
    ])
    expect(eventsOf(log, 'closed')).toMatchObject([{ unsaved: 2 }])
  })

  it('keeps the changes while the host is away and saves them when it is back', async () => {
    const { host, clock, session, log, truth, person, play } = await deskFor(word)
    const alice = person('alice')
    await play(async () => {
      await session.join(alice)
      session.type(alice, 'one')
      host.outOfOrder = 503
      await clock.sleep(3 * minute)
      session.type(alice, 'two')
      host.outOfOrder = undefined
      await clock.sleep(minute)
    })
    expect(eventsOf(log, 'save-delayed').length).toBeGreaterThan(3)
    expect(truth.verify(host.content)).toMatchObject({ typed: 2, found: 2 })
  })

  it('takes a forgotten lock again and saves, unless somebody else has changed the file', async () => {
    const { host, clock, session, log, person, play } = await deskFor(word)
    const alice = person('alice')
    await play(async () => {
      await session.join(alice)
      host.lock = ''
      session.type(alice, 'one')
      await clock.sleep(minute)
      expect(eventsOf(log, 'saved')).toHaveLength(1)
      host.lock = ''
      host.version += 1
      session.type(alice, 'two')
      await clock.sleep(minute)
    })
    expect(eventsOf(log, 'lock-retaken')).toHaveLength(1)
    expect(eventsOf(log, 'removed')).toHaveLength(1)
    expect(host.usersOf('PUT')).toHaveLength(1)
    expect(host.lock).toBe('')
  })

  it('recognises its own save whose answer never came', async () => {
    const { host, clock, session, log, truth, person, play } = await deskFor(word)
    const alice = person('alice')
    await play(async () => {
      await session.join(alice)
      session.type(alice, 'one')
      host.hangsUpAfterSaves = 1
      await clock.sleep(45 * second)
      expect(eventsOf(log, 'save-delayed')).toHaveLength(1)
      host.lock = ''
      await session.leave(alice)
    })
    expect(eventsOf(log, 'removed')).toHaveLength(0)
    expect(truth.verify(host.content)).toMatchObject({ typed: 1, found: 1, duplicated: [] })
  })

  it('does not let a second person edit when the host leaves out SupportsCoauth', async () => {
    const { host, session, log, person, play } = await deskFor(word)
    host.advertisesCoauth = false
    await play(async () => {
      await session.join(person('alice'))
      await session.join(person('bob'))
    })
    expect(eventsOf(log, 'not-admitted')).toMatchObject([{ who: 'bob' }])
  })

  it('finds out a host that acknowledges a save and forgets it', async () => {
    const { host, session, truth, person, play } = await deskFor(word)
    const alice = person('alice')
    await play(async () => {
      await session.join(alice)
      session.type(alice, 'one')
      host.forgetsSaves = 1
      await session.leave(alice)
    })
    expect(truth.verify(host.content).lost).toEqual(['alice#1'])
  })
})

describe('Excel', () => {
  it.each([
    ['last-joined', ['bob', 'alice', 'carol']],
    ['first-joined', ['alice', 'alice', 'alice']],
  ] as const)('saves every two minutes with the token of the principal user (%s)', async (rule, users) => {
    const { host, clock, session, log, person, play } = await deskFor(excel(rule))
    const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')]
    await play(async () => {
      await session.join(alice)
      await session.join(bob)
      session.type(alice, 'one')
      await clock.sleep(130 * second)
      await session.leave(bob)
      session.type(alice, 'two')
      await clock.sleep(130 * second)
      await session.join(carol)
      session.type(alice, 'three')
      await clock.sleep(130 * second)
    })
    expect(host.usersOf('PUT')).toEqual(users)
    expect(eventsOf(log, 'saved').map(({ at }) => at)).toEqual([120 * second, 250 * second, 380 * second])
  })

  it('removes everyone within 3 minutes of the first refused save', async () => {
    const { host, clock, session, log, person, play } = await deskFor(excel('last-joined'))
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      await session.join(bob)
      host.mayNotEdit.add('bob')
      session.type(alice, 'one')
      await clock.sleep(10 * minute)
    })
    const [firstRefusal] = eventsOf(log, 'save-refused')
    expect(firstRefusal?.at).toBe(2 * minute)
    expect(eventsOf(log, 'removed').map(({ at, who }) => [at, who])).toEqual([
      [5 * minute, 'alice'],
      [5 * minute, 'bob'],
    ])
    expect(host.lock).toBe('')
  })

  it('notices by RefreshLock within 15 minutes that somebody who does not save may not edit any more', async () => {
    const { host, clock, session, log, truth, person, play } = await deskFor(excel('last-joined'))
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      await session.join(bob)
      await clock.sleep(minute)
      host.mayNotEdit.add('alice')
      for (let line = 0; line < 20; line += 1) {
        session.type(bob, 'more')
        await clock.sleep(minute)
      }
      await session.leave(bob)
    })
    expect(eventsOf(log, 'removed')).toMatchObject([{ who: 'alice', at: 15 * minute }])
    expect(truth.verify(host.content)).toMatchObject({ typed: 20, found: 20 })
  })
})

describe('PowerPoint', () => {
  it('saves after three minutes alone and after one minute in company', async () => {
    const { clock, session, log, person, play } = await deskFor(powerpoint)
    const [alice, bob] = [person('alice'), person('bob')]
    await play(async () => {
      await session.join(alice)
      session.type(alice, 'one')
      await clock.sleep(4 * minute)
      await session.join(bob)
      session.type(alice, 'two')
      await clock.sleep(4 * minute)
    })
    expect(eventsOf(log, 'saved').map(({ at }) => at)).toEqual([3 * minute, 5 * minute])
  })
})
