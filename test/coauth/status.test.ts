import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { FileView } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { age, ageLock, expectStatus, join, LOCK, statusOf, tells } from './fixture.js'

describe('coauth-status (RELIABILITY-SECURITY.md §3.7)', () => {
  let tandem: Tandem

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  const shared = (name: string): Promise<FileView> =>
    tandem.sharedFile(
      'content',
      { bob: 'editor', carol: 'editor', vera: 'viewer' },
      `${Math.random()}${name}`,
    )
  const editor = async (user: string, fileId: string, mode: 'edit' | 'view' = 'edit'): Promise<Editor> =>
    tandem.editor(await tandem.person(user), fileId, mode)

  it('is idle, and the file safe to modify, when nobody has it open', async () => {
    const file = await shared('.docx')
    expect(await statusOf(tandem, file.id)).toEqual({
      fileId: file.id,
      name: file.name,
      application: 'word',
      sessionId: null,
      state: 'idle',
      editorCount: 0,
      editors: [],
      viewerCount: 0,
      unsavedChanges: 'no',
      unsavedSince: null,
      conflictedUsers: [],
      principal: { userId: null, rule: 'last-editor', confirmedBySave: false },
      lastSave: null,
      nextSaveBy: null,
      everyoneOutBy: null,
      lock: null,
      coauthLocks: [],
      recoveryItems: 0,
      ghost: false,
      safeToModify: true,
      reasons: [],
    })
  })

  it('shows who is editing, who views, the lock, and the last save', async () => {
    const file = await shared('.docx')
    const [alice, bob, vera] = [
      await editor('alice', file.id),
      await editor('bob', file.id),
      await editor('vera', file.id, 'view'),
    ]
    expectStatus(await alice.checkFileInfo(), 200)
    expect((await statusOf(tandem, file.id)).state).toBe('opening')
    await join(alice)
    expectStatus(await bob.checkFileInfo(), 200)
    expectStatus(await vera.checkFileInfo(), 200)
    expectStatus(await alice.putFile('more', LOCK, { 'X-WOPI-Editors': 'alice,bob' }), 200)

    const status = await statusOf(tandem, file.id)
    expect(status).toMatchObject({
      state: 'editing',
      editorCount: 2,
      viewerCount: 1,
      unsavedChanges: 'unknown',
      lastSave: { version: '2', userId: 'alice', editors: ['alice', 'bob'] },
      lock: { kind: 'wopi', lockId: LOCK, inGrace: false, holder: 'alice' },
      principal: { userId: 'alice', rule: 'last-editor', confirmedBySave: true },
      safeToModify: false,
      reasons: ['2 people are editing'],
    })
    expect(
      status.editors.map(({ userId, canWrite, isPrincipal, conflicted }) => ({
        userId,
        canWrite,
        isPrincipal,
        conflicted,
      })),
    ).toEqual([
      { userId: 'alice', canWrite: true, isPrincipal: true, conflicted: false },
      { userId: 'bob', canWrite: true, isPrincipal: false, conflicted: false },
    ])
    const [first] = status.editors
    expect(
      Date.parse(first?.nextPermissionCheckBy ?? '') - Date.parse(first?.lastSeenAt ?? ''),
    ).toBeLessThanOrEqual(300_000)

    expectStatus(await bob.unlock(LOCK), 200)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      state: 'viewing',
      editorCount: 0,
      viewerCount: 1,
      unsavedChanges: 'no',
      safeToModify: true,
    })
  })

  it('counts a person in two tabs once', async () => {
    const file = await shared('.xlsx')
    const tabs = [await editor('alice', file.id), await editor('alice', file.id)]
    for (const tab of tabs) await join(tab)
    const status = await statusOf(tandem, file.id)
    expect(status.editorCount).toBe(1)
    expect(status.editors).toMatchObject([{ userId: 'alice', tokens: 2, isPrincipal: true }])
  })

  it('takes a 409 to Lock and RefreshLock for joining, never for a conflict', async () => {
    const file = await shared('.docx')
    const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
    await join(alice)
    expectStatus(await bob.checkFileInfo(), 200)
    expectStatus(await bob.lock('another'), 409)
    expectStatus(await bob.refreshLock('unknown'), 409)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      state: 'editing',
      editorCount: 2,
      conflictedUsers: [],
    })
  })

  it('shows a save with a wrong lock as a conflict of its user until a save succeeds', async () => {
    const file = await shared('.docx')
    const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
    await join(alice)
    expectStatus(await bob.checkFileInfo(), 200)
    expectStatus(await bob.putFile('his own', 'another lock'), 409)
    const status = await statusOf(tandem, file.id)
    expect(status).toMatchObject({
      state: 'save-failing',
      conflictedUsers: ['bob'],
      unsavedChanges: 'yes',
      recoveryItems: 1,
    })
    expect(status.editors.find(({ userId }) => userId === 'bob')).toMatchObject({
      conflicted: true,
      unsavedChanges: 'yes',
    })
    expectStatus(await alice.putFile('merged', LOCK), 200)
    expect(await statusOf(tandem, file.id)).toMatchObject({ state: 'editing', conflictedUsers: [] })
  })

  it('shows a refused save at once, and by when Excel puts everybody out', async () => {
    const file = await shared('.xlsx')
    const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
    await join(alice)
    await join(bob)
    await (await tandem.person('alice')).revokes(file.id, 'user:bob')
    const before = Date.now()
    expectStatus(await bob.putFile('everybody’s edits', LOCK), 404)
    const status = await statusOf(tandem, file.id)
    expect(status).toMatchObject({
      state: 'save-failing',
      recoveryItems: 1,
      conflictedUsers: [],
      principal: { userId: 'bob', confirmedBySave: true },
    })
    expect(status.editors.find(({ userId }) => userId === 'bob')?.canWrite).toBe(false)
    const countdown = Date.parse(status.everyoneOutBy ?? '') - before
    expect(countdown).toBeGreaterThan(175_000)
    expect(countdown).toBeLessThan(185_000)
  })

  it('lets a silent Word user go after 7 minutes, an Excel user only after 17', async () => {
    for (const [name, application, still] of [
      ['.docx', 'word', 0],
      ['.xlsx', 'excel', 1],
    ] as const) {
      const file = await shared(name)
      const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
      await join(alice)
      await join(bob)
      await age(tandem, file.id, 8 * 60)
      expectStatus(await alice.checkFileInfo(), 200)
      expect(await statusOf(tandem, file.id)).toMatchObject({ application, editorCount: 1 + still })
      await age(tandem, file.id, 10 * 60)
      expectStatus(await alice.checkFileInfo(), 200)
      expect((await statusOf(tandem, file.id)).editors.map(({ userId }) => userId)).toEqual(['alice'])
    }
  })

  it('does not take Collabora’s silence for leaving while it refreshes the lock', async () => {
    const file = await shared('.docx')
    const collabora = { 'User-Agent': 'COOLWSD HTTP Agent 25.4' }
    const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
    expectStatus(await alice.checkFileInfo(collabora), 200)
    expectStatus(await bob.checkFileInfo(collabora), 200)
    expectStatus(await alice.lock('cool-lock1a2b3c4d', collabora), 200)
    await age(tandem, file.id, 14 * 60)
    expect(await statusOf(tandem, file.id)).toMatchObject({ editorCount: 2 })
  })

  it('removes a person whose CheckFileInfo says that they may not edit any more, and nobody else', async () => {
    const file = await shared('.docx')
    const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
    await join(alice)
    expectStatus(await bob.checkFileInfo(), 200)
    await (await tandem.person('alice')).grants(file.id, 'user:bob', 'viewer')
    expectStatus(await bob.checkFileInfo(), 200)
    expect((await statusOf(tandem, file.id)).editors.map(({ userId }) => userId)).toEqual(['alice'])
  })

  it('removes a person whose RefreshLock is refused for the right', async () => {
    const file = await shared('.xlsx')
    const [alice, bob] = [await editor('alice', file.id), await editor('bob', file.id)]
    await join(bob)
    await join(alice)
    await (await tandem.person('alice')).revokes(file.id, 'user:bob')
    expectStatus(await bob.refreshLock(LOCK), 404)
    expect((await statusOf(tandem, file.id)).editors.map(({ userId }) => userId)).toEqual(['alice'])
  })

  it('knows from the page when something is unsaved, and when it is overdue', async () => {
    const file = await shared('.docx')
    const alice = await editor('alice', file.id)
    await join(alice)
    expectStatus(await tells(alice, 'edited'), 204)
    const edited = await statusOf(tandem, file.id)
    expect(edited).toMatchObject({
      state: 'editing',
      unsavedChanges: 'yes',
      editors: [{ unsavedChanges: 'yes' }],
    })
    expect(Date.parse(edited.nextSaveBy ?? '') - Date.parse(edited.unsavedSince ?? '')).toBe(30_000)
    await age(tandem, file.id, 61)
    expect((await statusOf(tandem, file.id)).state).toBe('save-overdue')
    expectStatus(await alice.putFile('saved at last', LOCK), 200)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      state: 'editing',
      unsavedChanges: 'unknown',
      nextSaveBy: null,
    })
    expectStatus(await tells(alice, 'unmodified'), 204)
    expect(await statusOf(tandem, file.id)).toMatchObject({ unsavedChanges: 'no' })
    expectStatus(await tells(alice, 'left'), 204)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      state: 'closing',
      editorCount: 0,
      safeToModify: false,
    })
  })

  it('refuses what a page cannot tell', async () => {
    const file = await shared('.docx')
    const vera = await editor('vera', file.id, 'view')
    expectStatus(await tells(vera, 'edited'), 404)
    expectStatus(await tells(vera, 'dancing'), 501)
    expectStatus(await tells(vera, '__proto__'), 501)
    expectStatus(await vera.call('POST', '/presence/here', {}), 204)
    const lists = ['', 'x', '[]', '{"userIds":"bob"}', '{"userIds":["<b>"]}', '{"userIds":[7]}']
    const bob = await editor('bob', file.id)
    for (const list of lists) expectStatus(await bob.call('POST', '/presence/together', {}, list), 400)
    expectStatus(await bob.call('POST', '/presence/together', {}, 'x'.repeat(65 * 1024)), 413)
    // A reader could keep everybody in a document for ever.
    expectStatus(await vera.call('POST', '/presence/together', {}, '{"userIds":["bob"]}'), 404)
  })

  it('lets the page of somebody who may no longer edit know by its next sign of life', async () => {
    const file = await shared('.docx')
    const bob = await editor('bob', file.id)
    await join(bob)
    expectStatus(await tells(bob, 'here'), 204)
    await (await tandem.person('alice')).grants(file.id, 'user:bob', 'viewer')
    for (const event of ['here', 'edited', 'modified', 'unmodified'])
      expectStatus(await tells(bob, event), 404)
    expectStatus(await tells(bob, 'left'), 204)
  })

  it('takes the word of a page for those whom Collabora lists, as far as they are known', async () => {
    const file = await shared('.docx')
    const alice = await editor('alice', file.id)
    const bob = await editor('bob', file.id)
    await join(alice)
    await join(bob)
    await age(tandem, file.id, 240)
    const list = JSON.stringify({ userIds: ['bob', 'mallory'] })
    expectStatus(await alice.call('POST', '/presence/together', {}, list), 204)
    await age(tandem, file.id, 100)
    // Both were silent for more than 5 minutes of Word's, but for what alice's page said.
    const { editors } = await statusOf(tandem, file.id)
    expect(editors.map(({ userId }) => userId).sort()).toEqual(['alice', 'bob'])
  })

  it('calls a lock that is refreshed while nobody does anything a ghost', async () => {
    const file = await shared('.xlsx')
    const alice = await editor('alice', file.id)
    await join(alice)
    await age(tandem, file.id, 31 * 60)
    expectStatus(await alice.lock(LOCK), 200)
    await ageLock(tandem, file.id, 1)
    expect(await statusOf(tandem, file.id)).toMatchObject({ ghost: true, state: 'editing' })
  })

  it('reports a late save of a closed session, and opens no new one for it (OOTTD/303)', async () => {
    const file = await shared('.pptx')
    const alice = await editor('alice', file.id)
    await join(alice)
    expectStatus(await alice.unlock(LOCK), 200)
    await age(tandem, file.id, 30)
    expectStatus(await alice.lock(LOCK), 200)
    expectStatus(await alice.putFile('late', LOCK), 200)
    expectStatus(await alice.unlock(LOCK), 200)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      state: 'idle',
      sessionId: null,
      lastSave: { userId: 'alice' },
    })
    const root = await tandem.person('root', 'admin')
    const sessions = (await root.calls('GET', `/admin/sessions?file=${file.id}`)).json<{ items: unknown[] }>()
    expect(sessions.items).toHaveLength(1)
  })

  it('shows an exclusive lock, with which editors may only read', async () => {
    const file = await shared('.docx')
    const owner = await tandem.person('alice')
    const taken = await owner.calls('POST', `/files/${file.id}/exclusive-lock`, {
      reason: 'nightly export',
      ttlSeconds: 60,
    })
    expect(taken.status).toBe(201)
    expect(await statusOf(tandem, file.id)).toMatchObject({
      state: 'idle',
      safeToModify: false,
      lock: { kind: 'exclusive', holder: 'alice', reason: 'nightly export' },
      reasons: ['locked exclusively: nightly export'],
    })
    const alice = await editor('alice', file.id)
    expect((await alice.checkFileInfo()).json()).toMatchObject({
      UserCanWrite: false,
      ReadOnly: true,
      TemporarilyNotWritable: true,
    })
    expectStatus(await alice.lock(LOCK), 409)
  })

  it('is told to editors, administrators and auditors, not to viewers and strangers', async () => {
    const file = await shared('.docx')
    const statusFor = async (user: string, role: 'user' | 'admin' | 'auditor' = 'user'): Promise<number> =>
      (await (await tandem.person(user, role)).calls('GET', `/files/${file.id}/coauth-status`)).status
    expect(await statusFor('bob')).toBe(200)
    expect(await statusFor('vera')).toBe(403)
    expect(await statusFor('stranger')).toBe(404)
    expect(await statusFor('root', 'admin')).toBe(200)
    expect(await statusFor('aud', 'auditor')).toBe(200)
  })

  it('answers WOPI calls at once while presence cannot be written, and writes it later', async () => {
    const file = await shared('.docx')
    const alice = await editor('alice', file.id)
    const blocker = new pg.Client({ connectionString: tandem.databaseUrl })
    await blocker.connect()
    await blocker.query('begin')
    await blocker.query('lock table coauth_session in access exclusive mode')
    const before = performance.now()
    await join(alice)
    expect(performance.now() - before).toBeLessThan(1500)
    // Until the writer has given up once.
    await vi.waitFor(
      () => expect(tandem.log.some((line) => line.includes('presence-not-written'))).toBe(true),
      10_000,
    )
    await blocker.query('rollback')
    await blocker.end()
    expect(await statusOf(tandem, file.id)).toMatchObject({ editorCount: 1, state: 'editing' })
  })
})

describe('coauth-status over several instances', () => {
  // Each has its own: one that stops takes the REST sign-in of the others in this process away with it.
  it('loses nothing that was seen just before an orderly end', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const file = await tandem.sharedFile('content', { bob: 'editor' }, 'Report.docx')
    const short = await Tandem.start(inject('postgres'), { sharing: tandem })
    await join(await short.editor(await short.person('alice'), file.id))
    await short.stop()
    await using next = await Tandem.start(inject('postgres'), { sharing: tandem })
    expect(await statusOf(next, file.id)).toMatchObject({ editorCount: 1, state: 'editing' })
  })

  it('survives a restart, and is one for all instances', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const file = await tandem.sharedFile('content', { bob: 'editor' }, 'Report.docx')
    await join(await tandem.editor(await tandem.person('alice'), file.id))
    await using other = await Tandem.start(inject('postgres'), { sharing: tandem })
    const bob = await other.editor(await other.person('bob'), file.id)
    await join(bob)
    await statusOf(tandem, file.id)
    expect(await statusOf(tandem, file.id, other)).toMatchObject({ editorCount: 2, state: 'editing' })
  })
})
