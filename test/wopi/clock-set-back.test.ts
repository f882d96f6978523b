import { describe, expect, it } from 'vitest'
import { put, sequenceOf } from '../incremental/plus-client.js'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

/** CLIENTS.md pain 36: Collabora tells contents apart by their time, which must therefore never stand still or go back. */
describe('after the database’s clock was set back', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })

  /** Saved an hour ahead of what the clock says by now. */
  async function savedAhead(): Promise<{ editor: Editor; last: string }> {
    const editor = await fixture.open('content')
    expect((await editor.lock('L')).status).toBe(200)
    for (const table of ['file', 'file_version'])
      await fixture.sql(
        `update ${table} set modified_at = modified_at + interval '1 hour' where ${table === 'file' ? 'id' : 'file_id'} = $1`,
        [editor.fileId],
      )
    return { editor, last: await timeOf(editor) }
  }
  const timeOf = async (editor: Editor): Promise<string> =>
    (await editor.checkFileInfo()).json<{ LastModifiedTime: string }>().LastModifiedTime

  it('every save is still later than the one before', async () => {
    const { editor, last } = await savedAhead()
    const times = [last]
    for (const body of ['one', 'two', 'three']) {
      expect((await editor.putFile(body, 'L')).status).toBe(200)
      times.push(await timeOf(editor))
    }
    expect(new Set(times).size).toBe(4)
    expect(times).toEqual(times.toSorted())
  })

  it('so are a PutChunkedFile, an upload and a restore', async () => {
    const { editor, last } = await savedAhead()
    const alice = await fixture.person('alice')
    const times = [last]
    const streams = [{ bytes: Buffer.from('in chunks') }]
    const sequence = await sequenceOf(editor)
    expect((await put(editor, { sequence, streams, headers: { 'X-WOPI-Lock': 'L' } })).status).toBe(200)
    times.push(await timeOf(editor))
    await editor.unlock('L')
    const path = `/files/${editor.fileId}`
    const base = { 'if-match': '"2"' }
    expect((await alice.calls('PUT', `${path}/content`, 'uploaded', base)).status).toBe(200)
    times.push(await timeOf(editor))
    expect((await alice.calls('POST', `${path}/versions/1/restore`)).status).toBe(200)
    times.push(await timeOf(editor))
    expect(new Set(times).size).toBe(4)
    expect(times).toEqual(times.toSorted())
  })

  fixture.leavesNoTokenInTheLog()
})
