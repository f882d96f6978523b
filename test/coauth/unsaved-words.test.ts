import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { observe } from '../../src/coauth-status/session/session-rules.js'
import type { PresenceSignal, Session } from '../../src/coauth-status/session/session.js'
import { statusOf as statusFrom } from '../../src/coauth-status/status.js'
import { theFile, theToken, theUser } from '../kit/ids.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { age, expectStatus, statusOf, tells } from './fixture.js'
import { Dice } from './traces.js'

const COLLABORA = { 'User-Agent': 'COOLWSD HTTP Agent 25.4' }
const LOCK = 'cool-lock1a2b3c4d'

describe('“Saved”, although nothing is', () => {
  let tandem: Tandem
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  async function collabora(): Promise<{ fileId: string; alice: Editor; bob: Editor }> {
    const file = await tandem.sharedFile('content', { bob: 'editor', vera: 'viewer' })
    const alice = await tandem.editor(await tandem.person('alice'), file.id)
    const bob = await tandem.editor(await tandem.person('bob'), file.id)
    for (const one of [alice, bob]) expectStatus(await one.checkFileInfo(COLLABORA), 200)
    expectStatus(await alice.lock(LOCK, COLLABORA), 200)
    return { fileId: file.id, alice, bob }
  }
  const timeOf = async (editor: Editor): Promise<string> =>
    (await editor.checkFileInfo(COLLABORA)).json<{ LastModifiedTime: string }>().LastModifiedTime

  it('Collabora says Modified:false while every PutFile fails: nobody knows what is unsaved', async () => {
    const { fileId, alice, bob } = await collabora()
    const stale = { ...COLLABORA, 'X-COOL-WOPI-Timestamp': '2020-01-01T00:00:00.000000Z' }
    for (const page of [alice, bob]) expectStatus(await tells(page, 'modified'), 204)
    expect(await statusOf(tandem, fileId)).toMatchObject({ unsavedChanges: 'yes', safeToModify: false })
    expectStatus(await alice.putFile('typed', LOCK, stale), 409)
    for (const page of [alice, bob]) expectStatus(await tells(page, 'unmodified'), 204)
    expect(await statusOf(tandem, fileId)).toMatchObject({
      state: 'save-failing',
      unsavedChanges: 'unknown',
      editors: [{ unsavedChanges: 'unknown' }, { unsavedChanges: 'unknown' }],
      safeToModify: false,
    })

    for (const page of [alice, bob]) expectStatus(await tells(page, 'left'), 204)
    expectStatus(await alice.unlock(LOCK), 200)
    expect(await statusOf(tandem, fileId)).toMatchObject({
      state: 'idle',
      unsavedChanges: 'unknown',
      safeToModify: false,
      reasons: ['there may be unsaved changes'],
      recoveryItems: 1,
    })
    // No token of that session is heard any more.
    await age(tandem, fileId, 25 * 3600)
    expect(await statusOf(tandem, fileId)).toMatchObject({ unsavedChanges: 'unknown', safeToModify: true })
  })

  it('a save that is accepted after the change makes the word good', async () => {
    const { fileId, alice, bob } = await collabora()
    for (const page of [alice, bob]) expectStatus(await tells(page, 'modified'), 204)
    await statusOf(tandem, fileId)
    const save = { ...COLLABORA, 'X-COOL-WOPI-Timestamp': await timeOf(alice) }
    expectStatus(await alice.putFile('typed', LOCK, save), 200)
    for (const page of [alice, bob]) expectStatus(await tells(page, 'unmodified'), 204)
    expect(await statusOf(tandem, fileId)).toMatchObject({ unsavedChanges: 'no', state: 'editing' })
    for (const page of [alice, bob]) expectStatus(await tells(page, 'left'), 204)
    expectStatus(await alice.unlock(LOCK), 200)
    expect(await statusOf(tandem, fileId)).toMatchObject({ unsavedChanges: 'no', safeToModify: true })
  })

  it('changes that were taken back, as far as anybody can tell, are unknown', async () => {
    const { fileId, alice, bob } = await collabora()
    expectStatus(await tells(alice, 'modified'), 204)
    for (const page of [alice, bob]) expectStatus(await tells(page, 'unmodified'), 204)
    const status = await statusOf(tandem, fileId)
    expect(status).toMatchObject({ unsavedChanges: 'unknown', unsavedSince: null, nextSaveBy: null })
  })

  it.each(['edited', 'modified'])(
    'Collabora’s “%s” reaches every view, and makes nobody an editor, or the one who saves',
    async (word) => {
      const { fileId, alice, bob } = await collabora()
      expectStatus(await bob.unlock(LOCK), 200)
      expect(await statusOf(tandem, fileId)).toMatchObject({ editorCount: 0, sessionId: null })
      expectStatus(await tells(bob, word), 204)
      expect(await statusOf(tandem, fileId)).toMatchObject({ editorCount: 0, sessionId: null, editors: [] })

      for (const one of [alice, bob]) expectStatus(await one.checkFileInfo(COLLABORA), 200)
      expectStatus(await alice.lock(LOCK, COLLABORA), 200)
      expectStatus(await tells(alice, 'left'), 204)
      expectStatus(await tells(alice, word), 204)
      expectStatus(await tells(bob, word), 204)
      const status = await statusOf(tandem, fileId)
      expect(status).toMatchObject({ editorCount: 1, unsavedChanges: 'yes', principal: { userId: 'bob' } })
      expect(status.editors).toMatchObject([{ userId: 'bob', unsavedChanges: 'unknown' }])

      const vera = await tandem.editor(await tandem.person('vera'), fileId, 'view')
      expectStatus(await vera.checkFileInfo(COLLABORA), 200)
      expectStatus(await tells(vera, word), 404)
      expect(await statusOf(tandem, fileId)).toMatchObject({ editorCount: 1, viewerCount: 1 })
    },
  )

  it('says “no” in none of 2,000 random sessions while a change waits that no save covers', () => {
    let claims = 0
    for (let seed = 1; seed <= 2000; seed++) claims += play(new Dice(seed))
    // It does say so where it may.
    expect(claims).toBeGreaterThan(5000)
  })
})

/** Three views of one document in Collabora, of whom every one tells of it. @returns how often it said “no” */
function play(dice: Dice): number {
  const people = ['alice', 'bob', 'carol']
  let latest: Session | undefined
  let at = 0
  const sees = (who: string, what: PresenceSignal): void => {
    const sighting = {
      fileId: theFile('f'),
      jti: theToken(who),
      userId: theUser(who),
      family: 'collabora',
      at,
      what,
    } as const
    const context = { fileName: 'a.docx', newId: () => `${at}`, rule: 'last-joined' } as const
    latest = observe(latest, sighting, context).session ?? latest
  }
  const all = (what: PresenceSignal): void => {
    for (const who of people) sees(who, what)
  }
  let uncovered = false
  let claims = 0
  all({ kind: 'checked', canWrite: true })
  for (let step = 0; step < 40; step++) {
    at += Math.ceil(dice.between(1, 5000))
    const [who = ''] = [dice.pick(people)]
    const chance = dice.next()
    if (chance < 0.3) {
      all({ kind: dice.chance(0.5) ? 'modified' : 'edited' })
      uncovered = true
    } else if (chance < 0.5) {
      sees(who, { kind: 'saved', version: `${step}`, editors: [], modifiedByUser: true })
      uncovered = false
    } else if (chance < 0.65) {
      sees(who, { kind: 'save-refused', reason: dice.chance(0.5) ? 'external-change' : 'token-expired' })
      uncovered = true
    } else if (chance < 0.9) all({ kind: 'unmodified' })
    else sees(who, { kind: 'here' })
    const lock = { kind: 'wopi', refreshedAt: at, expiresAt: at + 1_800_000 } as const
    const facts = { now: at, file: { id: theFile('f'), name: 'a.docx' }, lock, people: [], recoveryItems: 0 }
    const status = statusFrom({ ...facts, ...(latest && { session: latest }) }, RULES)
    if (status.unsavedChanges === 'no') claims++
    if (uncovered && (status.unsavedChanges === 'no' || status.safeToModify))
      throw new Error(`after step ${step} it says ${JSON.stringify(status)}`)
  }
  return claims
}

const RULES = { rule: 'last-joined', lockTtlMs: 1_800_000 } as const
