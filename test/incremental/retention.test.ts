import { describe, expect, it } from 'vitest'
import type { Editor } from '../kit/wopi.js'
import { Housekeeping } from '../kit/storage.js'
import { useFixture } from '../wopi/fixture.js'
import { get, property, put, sequenceIn, sequenceOf, textOf } from './plus-client.js'

const withLock = { 'X-WOPI-Lock': 'L' }
const KEPT = property('kept', '1', 'KeepOnContentChange')
const DELETED = property('deleted', '1', 'DeleteOnContentChange')

describe('WOPI.md §13.1: what a change of content does to streams and properties', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })

  /** A locked file with content, an alternate stream and a property of each retention; its sequence number is 2. */
  async function full(name?: string): Promise<Editor> {
    const editor = await fixture.open('old', name === undefined ? {} : { name })
    await editor.lock('L')
    const streams = [{ bytes: Buffer.from('main') }, { id: 'Alternate', bytes: Buffer.from('aside') }]
    const sent = { sequence: 1, streams, properties: [KEPT, DELETED], headers: withLock }
    expect((await put(editor, sent)).status).toBe(200)
    return editor
  }

  async function parts(editor: Editor): Promise<{ properties: readonly object[]; alternate: string }> {
    const { properties } = await get(editor, [{ chunks: 'None' }], ['kept', 'deleted'])
    return { properties, alternate: await textOf(editor, 'Alternate') }
  }

  async function expectDropped(editor: Editor): Promise<void> {
    expect(await parts(editor)).toEqual({ properties: [KEPT], alternate: '' })
    expect(await sequenceOf(editor)).toBe(3)
  }

  async function expectAll(editor: Editor): Promise<void> {
    const { properties, alternate } = await parts(editor)
    expect(properties).toHaveLength(2)
    expect(properties).toEqual(expect.arrayContaining([KEPT, DELETED]))
    expect(alternate).toBe('aside')
  }

  it('PutFile deletes the alternate streams and DeleteOnContentChange properties, and keeps the others', async () => {
    const editor = await full()
    await expectAll(editor)
    expect((await editor.putFile('new', 'L')).status).toBe(200)
    await expectDropped(editor)
  })

  it('so does PutRelativeFile that overwrites', async () => {
    const editor = await full('Overwritten.docx')
    await editor.unlock('L')
    const beside = await fixture.open('beside')
    const headers = { 'X-WOPI-RelativeTarget': 'Overwritten.docx', 'X-WOPI-OverwriteRelativeTarget': 'true' }
    expect((await beside.putRelativeFile('new', headers)).status).toBe(200)
    expect((await editor.getFile()).body.toString()).toBe('new')
    await expectDropped(editor)
  })

  it('so does an upload by REST', async () => {
    const editor = await full()
    await editor.unlock('L')
    const alice = await fixture.person('alice')
    const given = { 'if-match': '"2"' }
    expect((await alice.calls('PUT', `/files/${editor.fileId}/content`, 'new', given)).status).toBe(200)
    await expectDropped(editor)
  })

  it('so does restoring a version, and what came by chunks can be restored', async () => {
    const editor = await full()
    await editor.unlock('L')
    const alice = await fixture.person('alice')
    const restore = (version: number): Promise<{ status: number }> =>
      alice.calls('POST', `/files/${editor.fileId}/versions/${version}/restore`)
    expect((await restore(1)).status).toBe(200)
    await expectDropped(editor)
    expect((await editor.getFile()).body.toString()).toBe('old')
    expect((await restore(2)).status).toBe(200)
    expect((await editor.getFile()).body.toString()).toBe('main')
    const content = await alice.calls('GET', `/files/${editor.fileId}/versions/2/content`)
    expect(content.body.toString()).toBe('main')
  })

  it('so does restoring a recovery item, also one that was put together from chunks', async () => {
    const editor = await full()
    const streams = [{ bytes: Buffer.from('refused') }]
    const refused = await put(editor, { sequence: 2, streams, headers: { 'X-WOPI-Lock': 'M' } })
    expect(refused.status).toBe(409)
    await expectAll(editor)
    await editor.unlock('L')
    const alice = await fixture.person('alice')
    const [item, ...others] = await alice.recoveryItems(editor.fileId)
    expect([item?.reason, others]).toEqual(['lock-mismatch', []])
    const path = `/files/${editor.fileId}/recovery-items/${item?.id}`
    expect((await alice.calls('GET', `${path}/content`)).body.toString()).toBe('refused')
    expect((await alice.calls('POST', `${path}/restore`)).status).toBe(200)
    expect((await editor.getFile()).body.toString()).toBe('refused')
    await expectDropped(editor)
  })

  it('RenameFile and locks change nothing', async () => {
    const editor = await full()
    expect((await editor.renameFile('Another name', withLock)).status).toBe(200)
    await editor.unlockAndRelock('L', 'M')
    await editor.unlock('M')
    await expectAll(editor)
    expect(await sequenceOf(editor)).toBe(2)
  })

  it('a save of the same bytes is a version with a number of its own, and no change to them', async () => {
    const editor = await full()
    expect((await editor.putFile('main', 'L')).version).toBe('3')
    expect(await sequenceOf(editor)).toBe(3)
    await expectAll(editor)
  })

  it('PutChunkedFile does neither by itself', async () => {
    const editor = await full()
    const streams = [{ bytes: Buffer.from('newer') }]
    expect(sequenceIn(await put(editor, { sequence: 2, streams, headers: withLock }))).toBe(3)
    await expectAll(editor)
  })

  it('streams and properties expire 30 days after their last update', async () => {
    const editor = await full()
    const age = (table: string, days: number): Promise<unknown> =>
      fixture.sql(
        `update ${table} set updated_at = clock_timestamp() - $2::float8 * interval '1 day' where file_id = $1`,
        [editor.fileId, days],
      )
    await age('stream', 29.99)
    await age('content_property', 29.99)
    await expectAll(editor)
    await put(editor, {
      sequence: 2,
      properties: [KEPT],
      streams: [{ bytes: Buffer.from('3') }],
      headers: withLock,
    })
    await fixture.sql(
      `update stream set updated_at = clock_timestamp() - interval '30.01 days' where file_id = $1`,
      [editor.fileId],
    )
    await fixture.sql(
      `update content_property set updated_at = clock_timestamp() - interval '30.01 days'
       where file_id = $1 and name = 'deleted'`,
      [editor.fileId],
    )
    // The one that was listed again begins anew.
    expect(await parts(editor)).toEqual({ properties: [KEPT], alternate: '' })
    await using keeping = await Housekeeping.of(fixture.tandem)
    expect(await keeping.transfers.purge()).toBe(2)
    await keeping.blobs.collect(-60_000)
    expect((await editor.getFile()).body.toString()).toBe('3')
    expect(await textOf(editor, 'MainContent')).toBe('3')
  })

  fixture.leavesNoTokenInTheLog()
})
