import { describe, expect, it } from 'vitest'
import { put } from '../incremental/plus-client.js'
import type { Person } from '../kit/people.js'
import type { Editor } from '../kit/wopi.js'
import { holdUpload } from '../reliability/held-upload.js'
import { until } from '../reliability/until.js'
import { useFixture } from './fixture.js'

interface Item {
  readonly id: string
  readonly reason: string
  readonly userId: string
  readonly size: number
}

describe('a document is deleted while people edit it', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  const alice = (): Promise<Person> => fixture.person('alice')

  async function bobEdits(): Promise<Editor> {
    const editor = await fixture.open('content', { who: 'bob', role: 'editor' })
    expect((await editor.lock('L')).status).toBe(200)
    return editor
  }
  async function forceDeletes({ fileId }: Editor): Promise<void> {
    expect((await (await alice()).calls('DELETE', `/files/${fileId}?force=true`)).status).toBe(204)
  }
  async function itemsInBin({ fileId }: Editor): Promise<Item[]> {
    const answer = await (await alice()).calls('GET', `/bin/${fileId}/recovery-items`)
    expect(answer.status).toBe(200)
    return answer.json<{ items: Item[] }>().items
  }

  it('its next save is 404, and its bytes are in the bin; restored, they are at the file', async () => {
    const editor = await bobEdits()
    await forceDeletes(editor)
    const typed = 'what bob typed for an hour'
    const answer = await editor.putFile(typed, 'L')
    expect([answer.status, answer.body.length, answer.lock]).toEqual([404, 0, undefined])
    const [item] = await itemsInBin(editor)
    expect(item).toMatchObject({ reason: 'file-deleted', userId: 'bob', size: typed.length })
    const person = await alice()
    const path = `/bin/${editor.fileId}`
    const content = await person.calls('GET', `${path}/recovery-items/${item?.id}/content`)
    expect(content.body.toString()).toBe(typed)
    expect((await (await fixture.person('bob')).calls('GET', `${path}/recovery-items`)).status).toBe(404)
    expect((await person.calls('GET', path)).json()).toMatchObject({ recoveryItems: 1 })

    expect((await person.calls('POST', `${path}/restore`, {})).status).toBe(200)
    const restored = await person.calls('POST', `/files/${editor.fileId}/recovery-items/${item?.id}/restore`)
    expect(restored.status).toBe(200)
    expect((await person.downloads(editor.fileId)).toString()).toBe(typed)
  })

  it('the same bytes again, or those of the head, are kept once or not at all', async () => {
    const editor = await bobEdits()
    await forceDeletes(editor)
    const before = await fixture.blobs()
    for (const typed of ['typed', 'typed', 'content']) {
      expect((await editor.putFile(typed, 'L')).status).toBe(404)
    }
    expect(await itemsInBin(editor)).toHaveLength(1)
    expect(await fixture.blobs()).toBe(before + 1)
  })

  it('deleted while the bytes of a save come: they are in the bin as well', async () => {
    const editor = await bobEdits()
    const uploading = await fixture.nextUpload()
    const upload = holdUpload(editor, Buffer.from('half and half'), 'L')
    await uploading()
    await forceDeletes(editor)
    upload.release()
    expect((await upload.answer).status).toBe(404)
    expect(await itemsInBin(editor)).toMatchObject([{ reason: 'file-deleted', size: 13 }])
  })

  it('purged while the bytes of a save come: 404, and nothing is left behind', async () => {
    const editor = await bobEdits()
    const uploading = await fixture.nextUpload()
    const upload = holdUpload(editor, Buffer.from('half and half'), 'L')
    await uploading()
    const before = await fixture.blobs()
    await forceDeletes(editor)
    expect((await (await alice()).calls('DELETE', `/bin/${editor.fileId}`)).status).toBe(204)
    upload.release()
    expect((await upload.answer).status).toBe(404)
    expect(await fixture.blobs()).toBe(before - 1)
  })

  it('a PutChunkedFile is kept whole, made of what it brought and of what the file has', async () => {
    const text = { bytes: Buffer.from('by chunks'), scheme: 'FullFile' as const }
    const editor = await bobEdits()
    const headers = { 'X-WOPI-Lock': 'L' }
    expect((await put(editor, { sequence: 1, streams: [text], headers })).status).toBe(200)
    await forceDeletes(editor)
    const next = { bytes: Buffer.from('by newer chunks'), scheme: 'FullFile' as const }
    expect((await put(editor, { sequence: 2, streams: [next], headers })).status).toBe(404)
    const [item] = await itemsInBin(editor)
    expect(item).toMatchObject({ reason: 'file-deleted', size: next.bytes.length })
    const content = await (
      await alice()
    ).calls('GET', `/bin/${editor.fileId}/recovery-items/${item?.id}/content`)
    expect(content.body).toEqual(next.bytes)
  })

  it('Collabora’s rename brings unsaved changes: they are kept when the file goes meanwhile', async () => {
    const editor = await bobEdits()
    await forceDeletes(editor)
    const collabora = { 'User-Agent': 'COOLWSD WOPI Agent 24.04', 'X-WOPI-Lock': 'L' }
    expect((await editor.renameFile('new', collabora, 'typed')).status).toBe(404)
    expect((await editor.putFile('typed', 'L', collabora)).status).toBe(404)
    expect(await itemsInBin(editor)).toHaveLength(1)
  })

  it.each([
    [
      'a token for viewing',
      async (editor: Editor) => fixture.join(editor, { who: 'vera', mode: 'view', role: 'viewer' }),
    ],
    [
      'a token of another file',
      async (editor: Editor) => {
        const other = await fixture.open('other')
        return Object.assign(Object.create(Object.getPrototypeOf(other) as object) as Editor, other, {
          fileId: editor.fileId,
        })
      },
    ],
  ] as const)('%s keeps nothing', async (_, open) => {
    const editor = await bobEdits()
    const other = await open(editor)
    await forceDeletes(editor)
    const before = await fixture.blobs()
    expect([401, 404]).toContain((await other.putFile('not theirs to save', 'L')).status)
    expect(await itemsInBin(editor)).toEqual([])
    expect(await fixture.blobs()).toBe(before)
  })

  it('the session ends with the deletion, and is told', async () => {
    const editor = await bobEdits()
    const sessions = (): Promise<Record<string, unknown>[]> =>
      fixture.sql('select end_reason from coauth_session where file_id = $1', [editor.fileId])
    await until('the session is seen', async () => (await sessions()).length === 1)
    await forceDeletes(editor)
    expect(await sessions()).toEqual([{ end_reason: 'file-deleted' }])
    await editor.putFile('typed', 'L')
    await (await alice()).calls('POST', `/bin/${editor.fileId}/restore`)
    const told = await fixture.sql('select kind from session_event where file_id = $1 order by id', [
      editor.fileId,
    ])
    const kinds = told.map(({ kind }) => kind)
    expect(kinds.filter((kind) => String(kind).startsWith('file-'))).toEqual([
      'file-deleted',
      'file-restored',
    ])
    expect(kinds.indexOf('session-ended')).toBe(kinds.indexOf('file-deleted') - 1)
    expect(kinds).toContain('recovery-item')
  })

  it('WOPI’s DeleteFile goes to the bin, too', async () => {
    const editor = await fixture.open('mine')
    expect((await editor.deleteFile()).status).toBe(200)
    const person = await alice()
    expect((await person.calls('GET', `/bin/${editor.fileId}`)).json()).toMatchObject({ deletedBy: 'alice' })
    expect((await person.calls('POST', `/bin/${editor.fileId}/restore`)).status).toBe(200)
    expect((await editor.getFile()).body.toString()).toBe('mine')
  })

  fixture.leavesNoTokenInTheLog()
})
