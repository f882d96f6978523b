import { describe, expect, it } from 'vitest'
import { encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Info {
  readonly BaseFileName: string
  readonly Version: string
  readonly LastModifiedTime: string
}

const COLLABORA = { 'User-Agent': 'COOLWSD HTTP Agent 25.04', 'X-COOL-WOPI-ServerId': '1a2b' }

describe('RenameFile', () => {
  const fixture = useFixture()

  const infoOf = async (editor: Editor): Promise<Info> => (await editor.checkFileInfo()).json<Info>()

  function expectRenamed(answer: WopiAnswer, stem: string): void {
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.json()).toEqual({ Name: stem })
  }

  async function expectConflict(editor: Editor, answer: WopiAnswer, current: string): Promise<void> {
    expect({ status: answer.status, lock: answer.lock }).toEqual({ status: 409, lock: current })
    expect(answer.body).toHaveLength(0)
    expect((await infoOf(editor)).BaseFileName).toBe('Before.docx')
    await (await fixture.person('alice')).calls('DELETE', `/files/${editor.fileId}?force=true`)
  }

  it('WOPI.md §8.2: renames an unlocked file; id, extension, version, time and content stay', async () => {
    const editor = await fixture.open('bytes', { name: 'Before.docx' })
    const before = await infoOf(editor)
    expectRenamed(await editor.renameFile(encodeUtf7('После_2026')), 'После_2026')
    const after = await infoOf(editor)
    expect(after).toEqual({
      ...before,
      BaseFileName: 'После_2026.docx',
      BreadcrumbDocName: 'После_2026.docx',
    })
    expect((await editor.getFile()).body.toString()).toBe('bytes')
  })

  it('pain 65: an unlocked file is renamed whatever lock header comes along', async () => {
    const editor = await fixture.open('bytes')
    expectRenamed(await editor.renameFile('Without a lock', { 'X-WOPI-Lock': '' }), 'Without a lock')
    expectRenamed(
      await editor.renameFile('With a wrong lock', { 'X-WOPI-Lock': 'gone' }),
      'With a wrong lock',
    )
    expect((await editor.getLock()).lock).toBe('')
  })

  it('WOPI.md §8.2: a locked file is renamed with its id, and stays locked', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('A')
    expectRenamed(await editor.renameFile('With the lock', { 'X-WOPI-Lock': 'A' }), 'With the lock')
    expect((await editor.getLock()).lock).toBe('A')
    expect((await editor.putFile('saved', 'A')).status).toBe(200)
  })

  it('WOPI.md §8.2: a locked file is not renamed with another id or none: 409 with the current one', async () => {
    for (const headers of [
      {},
      { 'X-WOPI-Lock': '' },
      { 'X-WOPI-Lock': 'B' },
      { 'X-WOPI-CoauthLockId': 'A' },
    ]) {
      const editor = await fixture.open('bytes', { name: 'Before.docx' })
      await editor.lock('A')
      await expectConflict(editor, await editor.renameFile('After', headers), 'A')
    }
  })

  it('RELIABILITY-SECURITY.md §3.5: an exclusively locked file is not renamed', async () => {
    const editor = await fixture.open('bytes', { name: 'Before.docx' })
    const lock = { reason: 'export', ttlSeconds: 60 }
    await (await fixture.person('alice')).calls('POST', `/files/${editor.fileId}/exclusive-lock`, lock)
    await expectConflict(editor, await editor.renameFile('After'), '')
  })

  it('pain 64: a name that is taken becomes a numbered one, and the answer has no extension', async () => {
    await fixture.open('bytes', { name: 'Occupied.docx' })
    const editor = await fixture.open('bytes')
    expectRenamed(await editor.renameFile('Occupied'), 'Occupied (2)')
    expect((await infoOf(editor)).BaseFileName).toBe('Occupied (2).docx')
  })

  it('WOPI.md §8.2: a file may keep its own name, or change its case', async () => {
    const editor = await fixture.open('bytes', { name: 'Same.docx' })
    expectRenamed(await editor.renameFile('Same'), 'Same')
    expectRenamed(await editor.renameFile('SAME'), 'SAME')
    expect((await infoOf(editor)).BaseFileName).toBe('SAME.docx')
  })

  it.each([
    ['x.html', 'x.html', 'x.html.docx'],
    ['v1.2', 'v1.2', 'v1.2.docx'],
    ['archive.tar.gz', 'archive.tar.gz', 'archive.tar.gz.docx'],
    ['a/b', 'b', 'b.docx'],
    ['../../etc/passwd', 'passwd', 'passwd.docx'],
    ['CON', '_CON', '_CON.docx'],
    ['what?', 'what_', 'what_.docx'],
    ['  blanks  ', 'blanks', 'blanks.docx'],
  ])(
    'N-04: the requested name %j becomes %j, and never another kind of file',
    async (requested, stem, name) => {
      const editor = await fixture.open('bytes')
      expectRenamed(await editor.renameFile(encodeUtf7(requested)), stem)
      expect((await infoOf(editor)).BaseFileName).toBe(name)
    },
  )

  it.each([
    ['...', 'nothing of the requested name can be used'],
    ['/', 'nothing of the requested name can be used'],
    ['+AAA-', 'nothing of the requested name can be used'],
    ['+2D0-', 'the name has half a surrogate pair'],
  ])('WOPI.md §8.2: for %j is answered 400 with X-WOPI-InvalidFileNameError', async (requested, reason) => {
    const editor = await fixture.open('bytes')
    const before = await infoOf(editor)
    const answer = await editor.renameFile(requested)
    expect(answer.status).toBe(400)
    expect(answer.headers['x-wopi-invalidfilenameerror']).toBe(reason)
    expect(answer.body).toHaveLength(0)
    expect(await infoOf(editor)).toEqual(before)
  })

  it('WOPI.md §8.2: without a name is answered 400', async () => {
    const editor = await fixture.open('bytes')
    expect((await editor.operation('RENAME_FILE')).status).toBe(400)
    expect((await editor.renameFile('')).status).toBe(400)
  })

  it('A-03: a view token renames nothing', async () => {
    const alice = await fixture.open('bytes')
    const viewer = await fixture.join(alice, { mode: 'view' })
    const before = await infoOf(alice)
    expect((await viewer.renameFile('Mine')).status).toBe(404)
    expect(await infoOf(alice)).toEqual(before)
  })

  describe('CLIENTS.md, "The RENAME trap"', () => {
    it('pain 62: Collabora sends the document along: it is saved under the lock, and Url and time come back', async () => {
      const editor = await fixture.open('old')
      await editor.lock('cool-lock1')
      const headers = { ...COLLABORA, 'X-WOPI-Lock': 'cool-lock1' }
      const answer = await editor.renameFile('By Collabora', headers, 'unsaved changes')
      const after = await infoOf(editor)
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual({
        Name: 'By Collabora',
        Url: `${fixture.tandem.publicUrl}/wopi/files/${editor.fileId}`,
        LastModifiedTime: after.LastModifiedTime,
      })
      expect(after).toMatchObject({ BaseFileName: 'By Collabora.docx', Version: '2' })
      expect((await editor.getFile()).body.toString()).toBe('unsaved changes')
    })

    it('Collabora with an empty body renames and truncates nothing', async () => {
      const editor = await fixture.open('old')
      await editor.lock('cool-lock1')
      const blobs = await fixture.blobs()
      const answer = await editor.renameFile('Empty', { ...COLLABORA, 'X-WOPI-Lock': 'cool-lock1' })
      expect(answer.json()).toMatchObject({ Name: 'Empty' })
      expect((await editor.getFile()).body.toString()).toBe('old')
      expect(await fixture.blobs()).toBe(blobs)
    })

    it('Collabora with another lock or none saves nothing, and renames only an unlocked file', async () => {
      const editor = await fixture.open('old', { name: 'Before.docx' })
      expect((await editor.renameFile('Unlocked', COLLABORA, 'body')).status).toBe(200)
      expect((await editor.getFile()).body.toString()).toBe('old')
      await editor.renameFile('Before')
      await editor.lock('A')
      const wrong = await editor.renameFile('Wrong', { ...COLLABORA, 'X-WOPI-Lock': 'B' }, 'body')
      expect((await editor.getFile()).body.toString()).toBe('old')
      await expectConflict(editor, wrong, 'A')
    })

    it('Collabora with a stale timestamp does not overwrite what came from outside', async () => {
      const editor = await fixture.open('old')
      const stale = (await infoOf(editor)).LastModifiedTime
      await editor.lock('A')
      await editor.putFile('from outside', 'A')
      const headers = { ...COLLABORA, 'X-WOPI-Lock': 'A', 'X-COOL-WOPI-Timestamp': stale }
      expect((await editor.renameFile('Stale', headers, 'unsaved changes')).status).toBe(200)
      expect((await editor.getFile()).body.toString()).toBe('from outside')
      expect((await infoOf(editor)).Version).toBe('2')
      const kept = await (await fixture.person('alice')).recoveryItems(editor.fileId)
      expect(kept).toMatchObject([{ reason: 'external-change', size: 'unsaved changes'.length }])
    })

    it.each([
      ['ONLYOFFICE', { 'X-LOOL-WOPI-IsModifiedByUser': 'true', 'X-WOPI-ClientVersion': '8.3' }],
      ['Microsoft', { 'X-WOPI-ClientVersion': '16.0' }],
    ])(
      '%s sends an empty body, which truncates nothing; any body it sends is not the document',
      async (_who, headers) => {
        const editor = await fixture.open('old')
        await editor.lock('A')
        const locked = { ...headers, 'X-WOPI-Lock': 'A' } as Record<string, string>
        expectRenamed(await editor.renameFile(`Empty ${_who}`, locked), `Empty ${_who}`)
        expectRenamed(await editor.renameFile(`Body ${_who}`, locked, 'stray'), `Body ${_who}`)
        expect((await editor.getFile()).body.toString()).toBe('old')
        expect((await infoOf(editor)).Version).toBe('1')
      },
    )
  })

  it('pain 63: 10 files that are renamed to one name at once get 10 names, and none is lost', async () => {
    const editors = await Promise.all(Array.from({ length: 10 }, (_, i) => fixture.open(`content ${i}`)))
    const answers = await Promise.all(editors.map((editor) => editor.renameFile('Crowded')))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(new Set(answers.map((answer) => answer.json<{ Name: string }>().Name)).size).toBe(10)
    for (const [i, editor] of editors.entries()) {
      expect((await editor.getFile()).body.toString()).toBe(`content ${i}`)
    }
  })

  fixture.leavesNoTokenInTheLog()
})
