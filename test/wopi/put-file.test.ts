import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

function expectSaved(answer: WopiAnswer, version: string): void {
  expect(answer).toMatchObject({ status: 200, version })
  expect(answer.lock).toBeUndefined()
  expect(answer.body).toHaveLength(0)
  expect(answer.headers['content-length']).toBe('0')
}

function expectConflict(answer: WopiAnswer, current: string): void {
  expect({ status: answer.status, lock: answer.lock }).toEqual({ status: 409, lock: current })
  expect(answer.version).toBeUndefined()
  expect(answer.body).toHaveLength(0)
}

describe('PutFile', () => {
  const fixture = useFixture()

  async function expectUnchanged(editor: Editor, content = 'old'): Promise<void> {
    const got = await editor.getFile()
    expect({ version: got.version, body: got.body.toString() }).toEqual({ version: '1', body: content })
    expect(await (await fixture.person('alice')).versions(editor.fileId)).toHaveLength(1)
  }

  describe('WOPI.md §6.2: the decision table', () => {
    it('with the held id stores, and answers the version after the save', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      expectSaved(await editor.putFile('new', 'A'), '2')
      const got = await editor.getFile()
      expect({ version: got.version, body: got.body.toString() }).toEqual({ version: '2', body: 'new' })
    })

    it('with another id answers 409 with the current one, changes nothing, and keeps the bytes (pain 28)', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      expectConflict(await editor.putFile('mine', 'B'), 'A')
      await expectUnchanged(editor)
      const kept = await (await fixture.person('alice')).recoveryItems(editor.fileId)
      expect(kept).toMatchObject([
        { reason: 'lock-mismatch', sha256: sha256('mine'), size: 4, userId: 'alice' },
      ])
    })

    it('without an id on a locked file answers 409 with the current one', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      expectConflict(await editor.putFile('mine'), 'A')
      expectConflict(await editor.putFile('mine', ''), 'A')
      await expectUnchanged(editor)
    })

    it('on an unlocked file with content answers 409 with an empty id, with or without one', async () => {
      const editor = await fixture.open('old')
      expectConflict(await editor.putFile('mine'), '')
      expectConflict(await editor.putFile('mine', 'A'), '')
      await expectUnchanged(editor)
    })

    it('pain 39: on an unlocked empty file stores without an id', async () => {
      const editor = await fixture.open('')
      expectSaved(await editor.putFile('template'), '2')
      expect((await editor.getFile()).body.toString()).toBe('template')
      expectConflict(await editor.putFile('again'), '')
    })

    it('on an unlocked empty file stores with any id, and takes no lock by that', async () => {
      const editor = await fixture.open('')
      expectSaved(await editor.putFile('template', 'A'), '2')
      expect((await editor.getLock()).lock).toBe('')
    })

    it('pain 1: on a locked empty file stores with the held id only', async () => {
      const editor = await fixture.open('')
      await editor.lock('A')
      expectConflict(await editor.putFile('template'), 'A')
      expectConflict(await editor.putFile('template', 'B'), 'A')
      expectSaved(await editor.putFile('template', 'A'), '2')
    })

    it('a locked file may be emptied, and filled again', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      expectSaved(await editor.putFile('', 'A'), '2')
      expect(await editor.getFile()).toMatchObject({ status: 200, version: '2', body: Buffer.alloc(0) })
      expectSaved(await editor.putFile('new', 'A'), '3')
    })
  })

  it('WOPI.md §5: size, hash, version and modification time move with the content', async () => {
    const editor = await fixture.open('old')
    await editor.lock('A')
    const before = (await editor.checkFileInfo()).json<Record<string, string>>()
    await editor.putFile('newer', 'A')
    const after = (await editor.checkFileInfo()).json<Record<string, string>>()
    expect(after).toMatchObject({
      Version: '2',
      Size: 5,
      SHA256: createHash('sha256').update('newer').digest('base64'),
    })
    expect(String(after['LastModifiedTime']) > String(before['LastModifiedTime'])).toBe(true)
  })

  it('R-18: the same bytes are a new version that changes no time, and leave no second blob', async () => {
    const editor = await fixture.open('old')
    await editor.lock('A')
    const blobs = await fixture.blobs()
    const before = (await editor.checkFileInfo()).json<object>()
    expectSaved(await editor.putFile('old', 'A'), '2')
    expectSaved(await editor.putFile('old', 'A'), '3')
    expect((await editor.checkFileInfo()).json()).toEqual({ ...before, Version: '3' })
    expect((await editor.refreshLock('A')).version).toBe('3')
    expect(await fixture.blobs()).toBe(blobs)
    expect((await editor.getFile()).body.toString()).toBe('old')
  })

  it('WOPI.md §1: versions only grow, also when old bytes come back', async () => {
    const editor = await fixture.open('one')
    await editor.lock('A')
    expectSaved(await editor.putFile('two', 'A'), '2')
    expectSaved(await editor.putFile('one', 'A'), '3')
    const versions = await (await fixture.person('alice')).versions(editor.fileId)
    expect(versions.map(({ version, sha256: hash }) => [version, hash]).sort()).toEqual([
      ['1', sha256('one')],
      ['2', sha256('two')],
      ['3', sha256('one')],
    ])
  })

  it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'])(
    'WOPI.md §2.3: a body that calls itself %s arrives whole',
    async (contentType) => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      const body = Buffer.from(`{"a":"${'ж\u0000'.repeat(50_000)}"}`)
      expectSaved(await editor.putFile(body, 'A', { 'Content-Type': contentType }), '2')
      expect((await editor.getFile()).body.equals(body)).toBe(true)
    },
  )

  it('WOPI.md §6.2: any bytes are stored, whatever the extension says', async () => {
    const editor = await fixture.open('', { name: 'probe.wopitest' })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    expectSaved(await editor.putFile(bytes), '2')
    expect((await editor.getFile()).body.equals(bytes)).toBe(true)
  })

  it('WOPI.md §2.3: a chunked body of 3 MB arrives whole', async () => {
    const editor = await fixture.open('old')
    await editor.lock('A')
    const chunks = Array.from({ length: 48 }, (_, i) => Buffer.alloc(65_536, i))
    expectSaved(await editor.putFile(Readable.from(chunks), 'A'), '2')
    expect((await editor.getFile()).body.equals(Buffer.concat(chunks))).toBe(true)
  })

  describe('WOPI.md §6.2: X-WOPI-Editors', () => {
    const editorsOf = async (editor: Editor): Promise<string[] | undefined> => {
      const versions = await (await fixture.person('alice')).versions(editor.fileId)
      return versions.find(({ version }) => version === '2')?.editors
    }

    it('is recorded with the version, for those who were let in to edit', async () => {
      const editor = await fixture.open('old')
      await fixture.join(editor, { who: 'bob', role: 'editor' })
      await fixture.join(editor, { who: 'carol', role: 'viewer', mode: 'view' })
      await editor.lock('A')
      const headers = { 'X-WOPI-Editors': 'bob,alice, carol,mallory' }
      expectSaved(await editor.putFile('new', 'A', headers), '2')
      expect(await editorsOf(editor)).toEqual(['alice', 'bob'])
    })

    it('H-07: with 10,000 ids and junk saves, records nobody unknown, and gives nobody a right', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      const crowd = Array.from({ length: 10_000 }, (_, i) => i.toString(36))
      const headers = { 'X-WOPI-Editors': [`alice`, `=1+1`, `'; --`, `<b>`, ...crowd].join(',') }
      expectSaved(await editor.putFile('new', 'A', headers), '2')
      expect(await editorsOf(editor)).toEqual(['alice'])
      const mallory = await fixture.person('mallory')
      expect((await mallory.calls('GET', `/files/${editor.fileId}`)).status).toBe(404)
    })

    it.each(['', ',,,', ' ', 'a b', 'x'.repeat(129), '\u00e9'])(
      'H-07: %j is no list of users',
      async (value) => {
        const editor = await fixture.open('old')
        await editor.lock('A')
        expectSaved(await editor.putFile('new', 'A', { 'X-WOPI-Editors': value }), '2')
        expect(await editorsOf(editor)).toEqual([])
      },
    )
  })

  it('pain 40, R-04: a save is readable as soon as it is acknowledged, by the next editor as well', async () => {
    const alice = await fixture.open('old')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await alice.lock('A')
    for (let i = 2; i < 12; i++) {
      const saved = await (i % 2 ? alice : bob).putFile(`content ${i}`, 'A')
      const read = await (i % 2 ? bob : alice).getFile()
      expect([saved.version, read.version, read.body.toString()]).toEqual([`${i}`, `${i}`, `content ${i}`])
    }
  })

  it('A-03: a view token saves nothing, and its bytes are not kept', async () => {
    const alice = await fixture.open('old')
    const viewer = await fixture.join(alice, { mode: 'view' })
    await alice.lock('A')
    const blobs = await fixture.blobs()
    expect((await viewer.putFile('mine', 'A')).status).toBe(404)
    await expectUnchanged(alice)
    expect(await (await fixture.person('alice')).recoveryItems(alice.fileId)).toEqual([])
    expect(await fixture.blobs()).toBe(blobs)
  })

  fixture.leavesNoTokenInTheLog()
})
