import { randomBytes } from 'node:crypto'
import { rm, truncate } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Editor } from '../kit/wopi.js'
import { flipBit, StoredBlobs } from '../reliability/damage.js'
import { useFixture } from '../wopi/fixture.js'
import {
  ask,
  assembled,
  chunked,
  get,
  getRaw,
  put,
  sequenceIn,
  sequenceOf,
  withCell,
  workbook,
} from './plus-client.js'

const withLock = { 'X-WOPI-Lock': 'L' }

describe('chunks that are not what their ids say', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  const storage = (): StoredBlobs => new StoredBlobs(fixture.tandem)

  /** A locked workbook that came by chunks; and the ids of those that an edit of one cell leaves as they are. */
  async function uploaded(megabytes: number): Promise<{ editor: Editor; bytes: Buffer; kept: Set<string> }> {
    const bytes = workbook(megabytes)
    const editor = await fixture.open('old')
    await editor.lock('L')
    expect((await put(editor, { sequence: 1, streams: [{ bytes }], headers: withLock })).status).toBe(200)
    const after = await chunked({ bytes: withCell(bytes, '2') })
    const kept = new Set([...(await chunked({ bytes })).frames.keys()].filter((id) => after.frames.has(id)))
    return { editor, bytes, kept }
  }

  /** The largest of them lies in an image. */
  async function placeOfLargest(editor: Editor, bytes: Buffer): Promise<{ path: string; at: number }> {
    const { signature } = await chunked({ bytes })
    const [largest] = [...signature.ChunkSignatures].sort((a, b) => b.Length - a.Length)
    if (!largest) throw new Error('no chunk')
    const { path, start } = await storage().placeOfChunk(editor.fileId, largest.ChunkId)
    return { path, at: start + Math.floor(largest.Length / 2) }
  }

  it('are no part of any of 50 saves: each is refused until the chunk is sent, and no head is ever broken', async () => {
    const { editor, bytes, kept } = await uploaded(2)
    const { path, at } = await placeOfLargest(editor, bytes)
    await flipBit(path, at)
    for (let n = 0; n < 25; n++) {
      const streams = [{ bytes: withCell(bytes, `edit ${n}`) }]
      const answer = await put(editor, { sequence: 2, streams, without: kept, headers: withLock })
      expect(answer.status).toBe(400)
      expect(answer.headers['x-wopi-failurereason']).toMatch(/is damaged where it is stored: send it again/)
    }
    expect(await sequenceOf(editor)).toBe(2)
    // The client sends what it was asked for, and everything goes on, by chunks that need not come again.
    let sequence = 2
    let last = bytes
    for (let n = 0; n < 25; n++) {
      last = withCell(bytes, `sent ${n}`)
      const without = n === 0 ? new Set<string>() : kept
      const answer = await put(editor, { sequence, streams: [{ bytes: last }], without, headers: withLock })
      expect(answer.status).toBe(200)
      sequence = sequenceIn(answer)
    }
    expect((await editor.getFile()).body.equals(last)).toBe(true)
    expect(assembled(await get(editor)).equals(last)).toBe(true)
    // What fsck finds is what was damaged, and nothing that came of it.
    const complaints = await storage().fsck()
    expect(complaints.filter((line) => !line.startsWith(`version 2 of file ${editor.fileId}`))).toEqual([])
  })

  const losses = [
    { name: 'deleted', inflict: (path: string) => rm(path) },
    { name: 'cut short', inflict: (path: string, at: number) => truncate(path, at) },
  ]
  for (const { name, inflict } of losses) {
    it(`of a blob that was ${name}: refused, then taken when they are sent`, async () => {
      const { editor, bytes, kept } = await uploaded(2)
      const { path, at } = await placeOfLargest(editor, bytes)
      await inflict(path, at)
      const newer = withCell(bytes, 'newer')
      const sent = { sequence: 2, streams: [{ bytes: newer }], headers: withLock }
      expect((await put(editor, { ...sent, without: kept })).status).toBe(400)
      expect((await put(editor, sent)).status).toBe(200)
      expect((await editor.getFile()).body.equals(newer)).toBe(true)
    })
  }

  it('of what PutFile brought are not worked out from a blob that is damaged: the client is asked for all', async () => {
    const bytes = workbook(1)
    const editor = await fixture.open(bytes)
    await editor.lock('L')
    await flipBit(await storage().pathOf(editor.fileId), 500_000)
    const known = new Set((await chunked({ bytes })).frames.keys())
    const newer = withCell(bytes, 'newer')
    const sent = { sequence: 1, streams: [{ bytes: newer }], headers: withLock }
    expect((await getRaw(editor, [{}])).status).toBe(500)
    expect((await put(editor, { ...sent, without: known })).status).toBe(400)
    expect((await put(editor, sent)).status).toBe(200)
    expect((await editor.getFile()).body.equals(newer)).toBe(true)
  })

  it('are not sent by GetChunkedFile and GetChunks: 500, or an answer that never ends well', async () => {
    for (const megabytes of [1, 5]) {
      const { editor, bytes } = await uploaded(megabytes)
      const { path, at } = await placeOfLargest(editor, bytes)
      await flipBit(path, at)
      const first = await getRaw(editor, [{}]).catch(() => undefined)
      if (first) expect(first.status).toBe(500)
      const second = await getRaw(editor, [{}])
      expect([second.status, second.headers['x-wopi-servererror']]).toEqual([
        500,
        'The stored content is damaged or missing',
      ])
      // Nor a part of it in which every byte is right.
      const { signature } = await chunked({ bytes })
      const [largest] = [...signature.ChunkSignatures].sort((a, b) => b.Length - a.Length)
      const ranges = [{ ChunkId: largest?.ChunkId, Offset: 0, Length: 10 }]
      const filter = { StreamId: 'MainContent', ChunkingScheme: 'Zip', ChunkRangesToReturn: ranges }
      expect((await ask(editor, 'GET_CHUNKS', { ContentFilters: [filter] })).status).toBe(500)
      // Signatures alone are as they were.
      expect((await get(editor, [{ chunks: 'None' }])).chunks.size).toBe(0)
    }
  })

  it('of an upload session that the storage lost: 410, and the client begins another', async () => {
    const editor = await fixture.open('old')
    await editor.lock('L')
    const created = await editor.operation('CREATE_UPLOAD_SESSION')
    const { UploadSessionToken } = created.json<{ UploadSessionToken: string }>()
    const part = randomBytes(100)
    const headers = {
      'X-WOPI-UploadSessionToken': UploadSessionToken,
      'X-WOPI-ContentRangeOffset': '0',
      'X-WOPI-ContentRangeLength': '100',
    }
    expect((await editor.operation('UPDATE_UPLOAD_SESSION', headers, part)).status).toBe(200)
    const rows = await fixture.sql('select blob from upload_part where token = $1', [UploadSessionToken])
    const blob = String(rows[0]?.['blob'])
    await rm(`${fixture.tandem.dataDir}/blobs/${blob.slice(0, 2)}/${blob}`)
    const streams = [{ bytes: Buffer.from('new') }]
    const sent = { sequence: 1, streams, session: UploadSessionToken, headers: withLock }
    expect((await put(editor, sent)).status).toBe(410)
    expect((await put(editor, { ...sent, session: null })).status).toBe(200)
  })
})
