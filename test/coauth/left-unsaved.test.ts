import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { age, expectStatus, join, LOCK, statusOf, tells } from './fixture.js'

describe('unsaved work of somebody who has left', () => {
  let tandem: Tandem
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  /** alice typed and closed her page; what she typed is in no save. */
  async function aliceLeft(): Promise<{ file: FileView; alice: Editor; bob: Editor }> {
    const file = await tandem.sharedFile(
      'content',
      { bob: 'editor', vera: 'viewer' },
      `${Math.random()}.docx`,
    )
    const [alice, bob] = [
      await tandem.editor(await tandem.person('alice'), file.id),
      await tandem.editor(await tandem.person('bob'), file.id),
    ]
    await join(alice)
    expectStatus(await tells(alice, 'edited'), 204)
    expectStatus(await tells(alice, 'left'), 204)
    return { file, alice, bob }
  }

  async function veraReads(fileId: string): Promise<void> {
    const vera = await tandem.editor(await tandem.person('vera'), fileId, 'view')
    expectStatus(await vera.checkFileInfo(), 200)
  }

  it('is unsaved while somebody else only reads', async () => {
    const { file, alice } = await aliceLeft()
    await veraReads(file.id)
    expectStatus(await alice.unlock(LOCK), 200)
    const status = await statusOf(tandem, file.id)
    expect(status).toMatchObject({
      state: 'viewing',
      editorCount: 0,
      unsavedChanges: 'yes',
      safeToModify: false,
    })
    expect(status.unsavedSince).not.toBeNull()
    expect(status.reasons).toContain('there are unsaved changes')
  })

  it('is unsaved while somebody else edits, until a save', async () => {
    const { file, bob } = await aliceLeft()
    await join(bob)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      editors: [{ userId: 'bob' }],
      unsavedChanges: 'yes',
      safeToModify: false,
    })
    expectStatus(await bob.putFile('the edits of both', LOCK), 200)
    expect(await statusOf(tandem, file.id)).toMatchObject({ unsavedSince: null })
    expectStatus(await bob.unlock(LOCK), 200)
    expect(await statusOf(tandem, file.id)).toMatchObject({ unsavedChanges: 'no', safeToModify: true })
  })

  it('may come back for a day after the session has ended, unless the file was saved since', async () => {
    const { file, bob } = await aliceLeft()
    await join(bob)
    await statusOf(tandem, file.id)
    expectStatus(await bob.unlock(LOCK), 200)
    await age(tandem, file.id, 3600)
    const unsafe = {
      unsavedChanges: 'unknown',
      safeToModify: false,
      reasons: ['there may be unsaved changes'],
    }
    for (const hours of [0, 1, 21]) {
      await age(tandem, file.id, hours * 3600)
      expect(await statusOf(tandem, file.id)).toMatchObject({ ...unsafe, sessionId: null })
    }
    await age(tandem, file.id, 2 * 3600)
    expect(await statusOf(tandem, file.id)).toMatchObject({ unsavedChanges: 'unknown', safeToModify: true })
    const owner = await tandem.person('alice')
    const upload = { 'if-match': '"1"' }
    expect((await owner.calls('PUT', `/files/${file.id}/content`, 'by hand', upload)).status).toBe(200)
    expect(await statusOf(tandem, file.id)).toMatchObject({ unsavedChanges: 'no', safeToModify: true })
  })

  it('may come back as well where it is silence that ended the session, from that moment on', async () => {
    const { file, alice } = await aliceLeft()
    await veraReads(file.id)
    expectStatus(await alice.unlock(LOCK), 200)
    // Nobody has written down yet that vera is gone.
    await age(tandem, file.id, 1800)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      sessionId: null,
      unsavedChanges: 'unknown',
      safeToModify: false,
      reasons: ['there may be unsaved changes'],
    })
  })

  it('whoever is silent, and on no page’s list, is gone: a page vouches for those it names, and nobody else', async () => {
    const file = await tandem.sharedFile(
      'content',
      { bob: 'editor', carol: 'editor' },
      `${Math.random()}.docx`,
    )
    const editors: Editor[] = []
    for (const user of ['alice', 'bob', 'carol'])
      editors.push(await tandem.editor(await tandem.person(user), file.id))
    for (const one of editors) await join(one)
    const [alice] = editors
    if (!alice) throw new Error('no editor')
    await age(tandem, file.id, 5 * 60)
    expectStatus(await alice.call('POST', '/presence/together', {}, '{"userIds":["bob"]}'), 204)
    await age(tandem, file.id, 3 * 60)
    const there = (await statusOf(tandem, file.id)).editors.map(({ userId }) => userId)
    expect(there.toSorted()).toEqual(['alice', 'bob'])
  })
})
