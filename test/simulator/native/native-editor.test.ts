import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { minute, second } from '../../../simulator/application.js'
import { ScaledClock } from '../../../simulator/clock.js'
import { excel } from '../../../simulator/excel.js'
import type { ChunkedSave, Saved } from '../../../simulator/native/native-client.js'
import { NativeClient } from '../../../simulator/native/native-client.js'
import type { NativeOutcome } from '../../../simulator/native/native-outcome.js'
import { VirtualClock } from '../../../simulator/virtual-clock.js'
import { word } from '../../../simulator/word.js'
import type { WopiAccess } from '../../../simulator/wopi-client.js'
import { Tandem } from '../../kit/tandem.js'
import { NativeDesk, plus } from './native-fixture.js'

let tandem: Tandem
beforeAll(async () => {
  tandem = await Tandem.start(inject('postgres'), plus)
})
afterAll(() => tandem.stop())

const users = ['alice', 'bob', 'carol']

describe('several people with desktop Office', () => {
  it.each([word, excel('last-joined')])(
    'lose nothing when all save $label at the same instant, again and again',
    async (application) => {
      const desk = await NativeDesk.of(tandem, application, new ScaledClock(1), users)
      const editors = await Promise.all(users.map((user) => desk.native(user)))
      for (const editor of editors) expect(await editor.open()).toEqual({ kind: 'admitted' })
      const rounds = 8
      for (let round = 1; round <= rounds; round += 1) {
        for (const editor of editors) editor.type(`round ${round}`)
        const saved = await Promise.all(editors.map((editor) => editor.save()))
        expect(saved).toEqual([true, true, true])
      }
      await Promise.all(editors.map((editor) => editor.leave()))
      const verdict = await desk.verdict()
      expect(verdict).toMatchObject({ typed: 3 * rounds, found: 3 * rounds, duplicated: [], foreign: [] })
      expect(desk.happened('save-overtaken').length).toBeGreaterThanOrEqual(rounds)
      expect(desk.happened('surprise')).toEqual([])
      expect(desk.happened('closed').map(({ unsaved }) => unsaved)).toEqual([0, 0, 0])
    },
  )

  it('see who else is there, and what the others saved, at the next look', async () => {
    const clock = new VirtualClock()
    const desk = await NativeDesk.of(tandem, word, clock, users)
    const [alice, bob] = [await desk.native('alice'), await desk.native('bob')]
    await clock.run(async () => {
      await alice.open()
      await clock.sleep(second)
      await bob.open()
      alice.type('from alice')
      await clock.sleep(minute)
      expect(bob.lines).toEqual(['§alice#1 from alice'])
      await bob.leave()
      await clock.sleep(minute)
      await alice.leave()
    })
    expect(desk.happened('opened').map(({ editors }) => editors.length)).toEqual([1, 2])
    expect(desk.happened('editors-changed').map(({ editors }) => editors)).toEqual([
      expect.arrayContaining(['alice', 'bob']),
      ['alice'],
    ])
  })

  it('take a lock that the host dropped again, and go on', async () => {
    const desk = await NativeDesk.of(tandem, word, new ScaledClock(1), users)
    const person = await desk.person('alice')
    const alice = desk.nativeFor(person)
    await alice.open()
    await dropLocks(person.access)
    alice.type('without a lock')
    expect(await alice.save()).toBe(true)
    await alice.leave()
    expect(desk.happened('lock-retaken')).toHaveLength(1)
    expect(desk.happened('left')).toHaveLength(1)
    expect(await desk.verdict()).toMatchObject({ typed: 1, found: 1 })
  })

  it('find their own change in the document when only the answer to its save was lost', async () => {
    const desk = await NativeDesk.of(tandem, word, new ScaledClock(1), users)
    const wopi = new LosesAnswers({ sessionId: 'unlucky' })
    const alice = desk.nativeFor(await desk.person('alice'), wopi)
    const bob = await desk.native('bob')
    await alice.open()
    await bob.open()
    alice.type('saved, and nobody told me')
    wopi.losesNext = true
    expect(await alice.save()).toBe(false)
    bob.type('on top of it')
    expect(await bob.save()).toBe(true)
    alice.type('one more')
    expect(await alice.save()).toBe(true)
    await alice.leave()
    await bob.leave()
    expect(await desk.verdict()).toMatchObject({ typed: 3, found: 3, duplicated: [], foreign: [] })
    expect(desk.happened('save-delayed').map(({ why }) => why)).toEqual(['the connection broke'])
    expect(desk.happened('saved').map(({ changes }) => changes)).toEqual([1, 1])
  })

  it('are put out when the right to edit is gone', async () => {
    const desk = await NativeDesk.of(tandem, word, new ScaledClock(1), users)
    const bob = await desk.native('bob')
    await bob.open()
    bob.type('too late')
    await desk.file.owner.rest.revoke(desk.file.id, 'user:bob')
    expect(await bob.save()).toBe(false)
    expect(bob.isOpen).toBe(false)
    expect(desk.happened('save-refused')).toHaveLength(1)
    expect(desk.happened('closed')).toEqual([{ kind: 'closed', unsaved: 1 }])
  })
})

describe('desktop and browser', () => {
  it('never both hold a document, whoever is faster', async () => {
    for (let round = 0; round < 12; round += 1) {
      const desk = await NativeDesk.of(tandem, word, new ScaledClock(1), users)
      const [native, person] = [await desk.native('alice'), await desk.person('bob')]
      const browser = desk.browser()
      const tries = [() => native.open(), () => browser.join(person)]
      await Promise.all((round % 2 === 1 ? tries.toReversed() : tries).map((open) => open()))
      expect([native.isOpen, browser.has(person)].filter(Boolean)).toHaveLength(1)
      await native.leave()
      await browser.leave(person)
      // The other one gets in as soon as the first has left.
      expect(await native.open()).toEqual({ kind: 'admitted' })
      expect(await browser.join(person)).toMatchObject({ kind: 'not-admitted' })
      await native.leave()
      expect(await browser.join(person)).toEqual({ kind: 'admitted' })
      expect(await native.open()).toMatchObject({ kind: 'not-admitted' })
      await browser.leave(person)
    }
  })

  it('keep both their work when the browser comes while the desktop has lost its lock', async () => {
    const desk = await NativeDesk.of(tandem, word, new ScaledClock(1), users)
    const alicePerson = await desk.person('alice')
    const [alice, bob] = [desk.nativeFor(alicePerson), await desk.person('bob')]
    await alice.open()
    alice.type('typed in the desktop')
    await dropLocks(alicePerson.access)
    const browser = desk.browser()
    expect(await browser.join(bob)).toEqual({ kind: 'admitted' })
    browser.type(bob, 'typed in the browser')
    expect(await alice.save()).toBe(false)
    expect(desk.happened('save-delayed')).toHaveLength(1)
    expect(alice.unsaved).toBe(1)
    await browser.leave(bob)
    expect(await alice.save()).toBe(true)
    await alice.leave()
    expect(desk.happened('save-overtaken')).toHaveLength(1)
    expect(await desk.verdict()).toMatchObject({ typed: 2, found: 2, duplicated: [], foreign: [] })
    expect(desk.browserLog.filter(({ kind }) => kind === 'surprise' || kind === 'removed')).toEqual([])
  })
})

it('is told plainly that a host without COAUTH_PROFILE=plus offers no native co-authoring', async () => {
  await using web = await Tandem.start(inject('postgres'))
  const desk = await NativeDesk.of(web, word, new ScaledClock(1), ['alice'])
  const alice = await desk.native('alice')
  expect(await alice.open()).toMatchObject({
    kind: 'not-admitted',
    why: expect.stringContaining('offers no native co-authoring') as string,
  })
})

/** The host gets the save, and its answer is lost on the way. */
class LosesAnswers extends NativeClient {
  losesNext = false

  override async putChunkedFile(access: WopiAccess, save: ChunkedSave): Promise<NativeOutcome<Saved>> {
    const answer = await super.putChunkedFile(access, save)
    if (!this.losesNext) return answer
    this.losesNext = false
    return { kind: 'unavailable', call: 'the connection broke', retryAfterMs: 0 }
  }
}

/** As if they had run out: whoever has a token for the document may release any of them (WOPI.md §12.1). */
async function dropLocks(access: WopiAccess): Promise<void> {
  const wopi = new NativeClient({ sessionId: 'drops locks' })
  const answer = await wopi.getCoauthTable(access, '')
  if (answer.kind !== 'ok') throw new Error(answer.call)
  for (const { CoauthLockId } of answer.table?.rows ?? []) {
    const { kind } = await wopi.unlockCoauthLock(access, CoauthLockId)
    expect(kind).toBe('ok')
  }
}
