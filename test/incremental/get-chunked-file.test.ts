import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chunkIdOf, EMPTY_CHUNK_ID } from '../../src/incremental/chunk-id.js'
import { messageFrame } from '../../src/incremental/frame-writer.js'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from '../wopi/fixture.js'
import { inPieces, readAll, written } from './frame-kit.js'
import {
  ask,
  assembled,
  chunked,
  get,
  getRaw,
  property,
  put,
  sequenceIn,
  sequenceOf,
  workbook,
  withCell,
} from './plus-client.js'

const text = (content: string): Buffer => Buffer.from(content)
const withLock = { 'X-WOPI-Lock': 'L' }

describe('reading by chunks', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  const zip = workbook(2)

  async function ids(bytes: Buffer): Promise<string[]> {
    return (await chunked({ bytes })).signature.ChunkSignatures.map(({ ChunkId }) => ChunkId)
  }

  describe('WOPI.md §13.5: GetSequenceNumber', () => {
    it('begins at 1, grows with the content, and not with locks or a name', async () => {
      const editor = await fixture.open('old')
      const answer = await editor.operation('GET_SEQUENCE_NUMBER')
      expect([answer.status, answer.headers['x-wopi-sequencenumber'], answer.body.length]).toEqual([
        200,
        '1',
        0,
      ])
      await editor.lock('L')
      await editor.renameFile('Renamed', withLock)
      expect(await sequenceOf(editor)).toBe(1)
      await editor.putFile('new', 'L')
      expect(await sequenceOf(editor)).toBe(2)
    })

    it('is for viewers, too', async () => {
      const viewer = await fixture.open('old', { who: 'bob', role: 'viewer', mode: 'view' })
      expect(await sequenceOf(viewer)).toBe(1)
      expect((await get(viewer)).chunks.size).toBe(1)
    })
  })

  describe('WOPI.md §13.6: GetChunkedFile', () => {
    it('tells the whole signature, and sends each distinct chunk once, with both headers', async () => {
      const editor = await fixture.open(zip)
      const got = await get(editor)
      expect(got.signatures).toEqual([(await chunked({ bytes: zip })).signature])
      expect([sequenceIn(got.answer), got.answer.version]).toEqual([1, '1'])
      expect(got.answer.headers['content-length']).toBe(String(got.answer.body.length))
      expect(assembled(got).equals(zip)).toBe(true)
      expect((await get(editor)).answer.body.equals(got.answer.body)).toBe(true)
    })

    it('All, None and LastZipChunk, less what is known, the whole signature always', async () => {
      const editor = await fixture.open(zip)
      const all = await ids(zip)
      const [first = '', last = ''] = [all[0], all.at(-1)]
      const sent = async (filter: object): Promise<string[]> => {
        const got = await get(editor, [filter])
        expect(got.signatures[0]?.ChunkSignatures).toHaveLength(all.length)
        return [...got.chunks.keys()]
      }
      expect(await sent({ chunks: 'None' })).toEqual([])
      expect(await sent({ chunks: 'LastZipChunk' })).toEqual([last])
      expect(await sent({ chunks: 'LastZipChunk', known: [last] })).toEqual([])
      expect((await sent({ known: [first, last] })).sort()).toEqual(all.slice(1, -1).sort())
      const plain = await fixture.open('plain')
      expect((await get(plain, [{ chunks: 'LastZipChunk' }])).chunks.size).toBe(0)
    })

    it('does not mention a stream that was not asked for; one that is not there is Zip with no chunks', async () => {
      const editor = await fixture.open('main')
      await editor.lock('L')
      const streams = [{ id: 'Alternate', bytes: text('main') }]
      await put(editor, { sequence: 1, streams, headers: withLock })
      const absent = await get(editor, [{ stream: 'Absent', scheme: 'FullFile' }])
      const none = { StreamId: 'Absent', ChunkingScheme: 'Zip', ChunkSignatures: [] }
      expect([absent.signatures, absent.chunks.size]).toEqual([[none], 0])
      // One filter knows the chunk already, the other still wants it; it is sent once.
      const known = [chunkIdOf(text('main'))]
      const both = await get(editor, [{ known }, { stream: 'Alternate' }])
      expect([both.signatures.length, both.chunks.size]).toEqual([2, 1])
    })

    it('WOPI.md §13.4: an empty main content is one empty chunk', async () => {
      const editor = await fixture.open('')
      const got = await get(editor)
      expect(got.signatures[0]).toMatchObject({
        ChunkingScheme: 'FullFile',
        ChunkSignatures: [{ ChunkId: EMPTY_CHUNK_ID, Length: 0 }],
      })
      expect(got.chunks.get(EMPTY_CHUNK_ID)).toHaveLength(0)
    })

    it('only properties that were asked for and exist', async () => {
      const editor = await fixture.open('main')
      await editor.lock('L')
      const properties = [property('a', '1'), property('b', '"ä')]
      const streams = [{ bytes: text('main') }]
      await put(editor, { sequence: 1, streams, properties, headers: withLock })
      expect((await get(editor, [{ chunks: 'None' }], ['b', 'c'])).properties).toEqual([properties[1]])
      expect((await get(editor)).properties).toEqual([])
    })

    it('400: a stream twice, no filter, a part missing, no frames', async () => {
      const editor = await fixture.open('main')
      expect((await getRaw(editor, [{}, {}])).status).toBe(400)
      expect((await getRaw(editor, [])).status).toBe(400)
      const filter = { StreamId: 'MainContent', ChunkingScheme: 'Zip', AlreadyKnownChunks: [] }
      const complete = { ContentPropertiesToReturn: [], ContentFilters: [filter] }
      expect((await ask(editor, 'GET_CHUNKED_FILE', complete)).status).toBe(200)
      for (const missing of ['ContentPropertiesToReturn', 'ContentFilters']) {
        const partly = { ...complete, [missing]: undefined }
        expect((await ask(editor, 'GET_CHUNKED_FILE', partly)).status).toBe(400)
      }
      const bytes = await written([messageFrame(complete)])
      for (const body of ['', '{}', bytes.subarray(0, -1), Buffer.concat([bytes.subarray(0, -16)])])
        expect((await editor.operation('GET_CHUNKED_FILE', {}, body)).status).toBe(400)
    })

    it('reads no blob whose chunks the client knows: theirs may even be gone', async () => {
      const editor = await fixture.open(zip)
      await editor.lock('L')
      const known = await ids(zip)
      const edited = withCell(zip, '2')
      const streams = [{ bytes: edited }]
      await get(editor)
      const answer = await put(editor, { sequence: 1, streams, without: new Set(known), headers: withLock })
      expect(answer.status).toBe(200)
      const [row] = await fixture.sql('select blob from file_version where file_id = $1 and version = 1', [
        editor.fileId,
      ])
      await removeBlob(String(row?.['blob']))
      const got = await get(editor, [{ known }])
      const fresh = (await ids(edited)).filter((id) => !known.includes(id))
      expect([...got.chunks.keys()]).toEqual(fresh)
      expect(fresh.length).toBeLessThanOrEqual(3)
      // And what would need them is a 500 before it begins, not a broken download.
      expect((await getRaw(editor, [{}])).status).toBe(500)
      expect((await editor.getFile()).status).toBe(500)
    })
  })

  describe('WOPI.md §13.8: GetChunks', () => {
    const asked = (StreamId: string, ...ranges: (readonly [string, number, number])[]): object => ({
      StreamId,
      ChunkingScheme: 'Zip',
      ChunkRangesToReturn: ranges.map(([ChunkId, Offset, Length]) => ({ ChunkId, Offset, Length })),
    })
    const ranges = (editor: Editor, ...ContentFilters: object[]): ReturnType<typeof ask> =>
      ask(editor, 'GET_CHUNKS', { ContentFilters })

    it('sends the ranges, -1 to the end, and leaves out what is not valid', async () => {
      const editor = await fixture.open('0123456789')
      const id = chunkIdOf(text('0123456789'))
      const other = chunkIdOf(text('other'))
      const filter = asked('MainContent', [id, 2, 3], [id, 7, -1], [other, 0, 1], [id, 11, -1])
      const answer = await ranges(editor, filter, asked('Absent', [id, 0, 1]))
      expect([answer.status, sequenceIn(answer), answer.version]).toEqual([200, 1, '1'])
      const [message, ...frames] = await readAll(inPieces(answer.body, []), 'message-and-ranges')
      expect(message).toMatchObject({
        value: {
          ChunkRangeCollection: [
            { StreamId: 'MainContent', ChunkIds: [id] },
            { StreamId: 'Absent', ChunkIds: [] },
          ],
        },
      })
      expect(frames).toEqual([
        { kind: 'range', id, offset: 2, containsEnd: false, bytes: text('234') },
        { kind: 'range', id, offset: 7, containsEnd: true, bytes: text('789') },
      ])
    })

    it('400: no filter, a negative offset, bad frames', async () => {
      const editor = await fixture.open('content')
      const id = chunkIdOf(text('content'))
      expect((await ranges(editor)).status).toBe(400)
      expect((await ranges(editor, asked('MainContent', [id, -1, 1]))).status).toBe(400)
      expect((await ranges(editor, asked('MainContent', [id, 0, -2]))).status).toBe(400)
      expect((await editor.operation('GET_CHUNKS', {}, 'no frames')).status).toBe(400)
    })
  })

  async function removeBlob(blob: string): Promise<void> {
    const shard = join(fixture.tandem.dataDir, 'blobs', blob.slice(0, 2))
    expect(await readdir(shard)).toContain(blob)
    await rm(join(shard, blob))
  }

  fixture.leavesNoTokenInTheLog()
})
