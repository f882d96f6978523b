import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor, type WopiAnswer } from '../kit/wopi.js'
import { rawRequest } from './raw-http.js'

describe('rights are asked live', () => {
  let one: Tandem
  let two: Tandem
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'))
    two = await Tandem.start(inject('postgres'), { sharing: one })
    alice = await one.person('alice')
    bob = await one.person('bob')
  })
  afterAll(async () => {
    await two.stop()
    await one.stop()
  })

  /** Every operation once, on whatever file the editor is pointed at. */
  function allCalls(editor: Editor): Promise<WopiAnswer[]> {
    return Promise.all([
      editor.checkFileInfo(),
      editor.getFile(),
      editor.putFile('bytes', 'lock'),
      editor.lock('lock'),
      editor.unlockAndRelock('lock', 'other'),
      editor.refreshLock('lock'),
      editor.unlock('lock'),
      editor.getLock(),
      editor.putRelativeFile('bytes', { 'X-WOPI-SuggestedTarget': '.docx' }),
      editor.renameFile('Other'),
      editor.deleteFile(),
      editor.putUserInfo('info'),
      editor.operation('NO_SUCH_OPERATION'),
    ])
  }

  it('A-01: a token of file A is refused in the same words on file B, on a missing file and on a deleted one', async () => {
    const [a, b, gone] = await Promise.all([1, 2, 3].map(() => one.sharedFile('content')))
    if (!a || !b || !gone) throw new Error('no files')
    await alice.calls('DELETE', `/files/${gone.id}`)
    const token = await alice.opensForEdit(a.id)
    for (const id of [b.id, gone.id, 'f'.repeat(32)]) {
      for (const answer of await allCalls(new Editor(one.url, id, token))) {
        expect({ status: answer.status, size: answer.body.length, lock: answer.lock }).toEqual({
          status: 401,
          size: 0,
          lock: undefined,
        })
      }
    }
    expect(await alice.seesFile(b.id)).toEqual(b)
    expect(await alice.recoveryItems(b.id)).toEqual([])
  })

  it('A-01: a token of a file that was deleted since is 404 everywhere', async () => {
    const file = await one.sharedFile('content')
    const token = await alice.opensForEdit(file.id)
    expect((await alice.calls('DELETE', `/files/${file.id}`)).status).toBe(204)
    for (const answer of await allCalls(new Editor(one.url, file.id, token))) expect(answer.status).toBe(404)
  })

  it('A-02: no other spelling of an id reaches the file', async () => {
    const { id } = await one.sharedFile('content')
    const token = await alice.opensForEdit(id)
    expect(await targetStatus(id, token)).toBe(200)
    const spellings = [
      id.toUpperCase(),
      `${id}%00`,
      `${id};x`,
      `${id}%20`,
      `%2e%2e/files/${id}`,
      `x/../${id}`,
      `%2e%2e%2ffiles%2f${id}`,
      `%252e%252e%252f${id}`,
      `${id}/`,
      `/${id}`,
      `${id.slice(0, -1)}%C3%A9`,
      'a'.repeat(4096),
      '..%5c..%5cetc%5cpasswd',
    ]
    for (const spelling of spellings) {
      const status = await targetStatus(spelling, token)
      expect([401, 404], `${spelling}: ${status}`).toContain(status)
    }
    // The same id by other letters is the same file, and harmless: the decoded id is what is compared.
    expect(
      await targetStatus(
        id.replace(/^./, (c) => `%${c.charCodeAt(0).toString(16)}`),
        token,
      ),
    ).toBe(200)
    expect([400, 401, 404]).toContain(await targetStatus('%E0%A4%A', token))
  })

  async function targetStatus(id: string, token: string): Promise<number> {
    return (await rawRequest(one.url, `/wopi/files/${id}?access_token=${token}`)).status
  }

  it('A-03: a view token can neither refresh nor release the lock of a session, even of its own user', async () => {
    const { id } = await one.sharedFile('content', { bob: 'editor' })
    const editing = await one.editor(bob, id)
    const viewing = await one.editor(bob, id, 'view')
    expect((await editing.lock('session')).status).toBe(200)
    for (const answer of [
      await viewing.refreshLock('session'),
      await viewing.unlock('session'),
      await viewing.lock('session'),
    ]) {
      expect(answer.status).toBe(404)
      expect(answer.lock).toBeUndefined()
    }
    expect((await viewing.getLock()).lock).toBe('session')
    const info = (await viewing.checkFileInfo()).json<Record<string, unknown>>()
    expect(info).toMatchObject({ UserCanWrite: false, ReadOnly: true, UserCanRename: false })
  })

  it('A-04: a right removed in the middle of a session counts at the very next call, on both instances', async () => {
    const { id } = await one.sharedFile('content', { bob: 'editor' })
    const token = await bob.opensForEdit(id)
    const here = new Editor(one.url, id, token)
    const there = new Editor(two.url, id, token)
    expect((await here.lock('session')).status).toBe(200)
    expect((await there.checkFileInfo()).json<Record<string, unknown>>()).toMatchObject({
      UserCanWrite: true,
    })
    for (let round = 0; round < 10; round++) {
      await alice.revokes(id, 'user:bob')
      for (const editor of [there, here]) {
        expect((await editor.refreshLock('session')).status).toBe(404)
        expect((await editor.lock('session')).status).toBe(404)
        expect((await editor.getFile()).status).toBe(404)
      }
      await alice.grants(id, 'user:bob', 'editor')
      for (const editor of [there, here]) expect((await editor.refreshLock('session')).status).toBe(200)
    }
  })

  it('A-04: who lost only the edit right sees CheckFileInfo with UserCanWrite false and ReadOnly true', async () => {
    const { id } = await one.sharedFile('content', { bob: 'editor' })
    const editor = await one.editor(bob, id)
    const before = (await editor.checkFileInfo()).json<Record<string, unknown>>()
    expect(before).toMatchObject({ UserCanWrite: true, ReadOnly: false, UserCanNotWriteRelative: false })
    await alice.grants(id, 'user:bob', 'viewer')
    const after = await editor.checkFileInfo()
    expect(after.status).toBe(200)
    expect(after.json<Record<string, unknown>>()).toEqual({
      ...before,
      UserCanWrite: false,
      ReadOnly: true,
      UserCanRename: false,
      UserCanNotWriteRelative: true,
    })
  })

  it('A-04: Unlock by an edit token works after the right is gone, with the right id only, and tells no other id', async () => {
    const { id } = await one.sharedFile('content', { bob: 'editor' })
    const editor = await one.editor(bob, id)
    await editor.lock('session')
    await alice.revokes(id, 'user:bob')
    const wrong = await editor.unlock('another')
    expect([wrong.status, wrong.lock]).toEqual([404, undefined])
    expect((await editor.unlock('session')).status).toBe(200)
    const hers = await one.editor(alice, id)
    expect((await hers.getLock()).lock).toBe('')
  })

  it('A-05: a file that moves to another container or owner is judged by where it is now', async () => {
    const file = await one.sharedFile('content', { bob: 'viewer' })
    const folder = (await alice.calls('POST', '/containers?name=A05')).json<{ id: string }>().id
    await alice.calls('PUT', `/containers/${folder}/grants/user:bob`, { role: 'editor' })
    const editor = await one.editor(bob, file.id, 'view')
    const moveTo = (id: string): Promise<unknown> =>
      execute(one.databaseUrl, 'update file set container_id = $2 where id = $1', [file.id, id])
    await moveTo(folder)
    const editing = await one.editor(bob, file.id)
    expect((await editing.lock('session')).status).toBe(200)
    await moveTo(file.containerId)
    expect((await editing.refreshLock('session')).status).toBe(404)
    await alice.revokes(file.id, 'user:bob')
    expect((await editor.checkFileInfo()).status).toBe(404)
    await execute(one.databaseUrl, `update file set owner_id = 'bob' where id = $1`, [file.id])
    expect((await editing.refreshLock('session')).status).toBe(200)
    // It still lies in alice's own container; only away from there it is hers no more.
    expect((await alice.calls('GET', `/files/${file.id}`)).status).toBe(200)
    await moveTo((await bob.createsFile('A05 of bob.docx', 'x')).containerId)
    expect((await alice.calls('GET', `/files/${file.id}`)).status).toBe(404)
  })

  it('A-06: ids have 128 random bits, and 1,000 guesses hit nothing', async () => {
    const files = await Promise.all(Array.from({ length: 50 }, () => one.sharedFile('')))
    for (const { id } of files) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(files.flatMap(({ id }) => [id.slice(0, 8), id.slice(-8)])).size).toBe(100)
    const statuses = new Map<number, number>()
    for (let batch = 0; batch < 20; batch++) {
      const guesses = Array.from({ length: 50 }, (_, i) => (batch * 50 + i).toString(16).padStart(32, '0'))
      const answers = await Promise.all(guesses.map((guess) => bob.calls('GET', `/files/${guess}`)))
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect([...statuses]).toEqual([[404, 1000]])
  })
})
