import { describe, expect, it } from 'vitest'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { NativeClient } from '../wopi/native-client.js'
import { useFixture } from '../wopi/fixture.js'
import { chunkIdOf } from '../../src/incremental/chunk-id.js'
import { get, property, put, sequenceIn, sequenceOf, textOf, chunked } from './plus-client.js'

const text = (content: string): Buffer => Buffer.from(content)

describe('PutChunkedFile', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus', MAX_FILE_SIZE: '3M' })
  const main = (content: string): { bytes: Buffer }[] => [{ bytes: text(content) }]

  async function locked(content: Buffer | string = 'old'): Promise<Editor> {
    const editor = await fixture.open(content)
    expect((await editor.lock('L')).status).toBe(200)
    return editor
  }
  const withLock = { 'X-WOPI-Lock': 'L' }

  async function expectUnchanged(editor: Editor, content = 'old'): Promise<void> {
    const [got, sequence] = [await editor.getFile(), await sequenceOf(editor)]
    expect({ sequence, version: got.version, body: got.body.toString() }).toEqual({
      sequence: 1,
      version: '1',
      body: content,
    })
    expect(await (await fixture.person('alice')).versions(editor.fileId)).toHaveLength(1)
    const [left] = await fixture.sql(
      `select (select count(*)::int from stream where file_id = $1) as streams,
         (select count(*)::int from content_property where file_id = $1) as properties`,
      [editor.fileId],
    )
    expect(left).toEqual({ streams: 0, properties: 0 })
  }

  function expectSaved(answer: WopiAnswer, sequence: number): void {
    expect([answer.status, sequenceIn(answer), answer.version]).toEqual([200, sequence, String(sequence)])
    expect(answer.body).toHaveLength(0)
  }

  function expectConflict(answer: WopiAnswer, mechanism: string | undefined, lock: string | undefined): void {
    expect([answer.status, answer.headers['x-wopi-conflictingmechanism'], answer.lock]).toEqual([
      409,
      mechanism,
      lock,
    ])
    expect(answer.headers['x-wopi-failurereason']).toBeTruthy()
    expect(answer.body).toHaveLength(0)
  }

  describe('WOPI.md §13.7: the rows of its table', () => {
    it('row 1: both lock headers: 400', async () => {
      const editor = await locked()
      const headers = { ...withLock, 'X-WOPI-CoauthLockId': 'C' }
      expect((await put(editor, { sequence: 1, streams: main('new'), headers })).status).toBe(400)
      await expectUnchanged(editor)
    })

    it.each(['', 'one', '-1', '1.5'])('row 1: the sequence number %j: 400', async (sequence) => {
      const editor = await locked()
      expect((await put(editor, { sequence, streams: main('new'), headers: withLock })).status).toBe(400)
      await expectUnchanged(editor)
    })

    it('row 1: no Signatures, or too much of a property: 400', async () => {
      const editor = await locked()
      const message = { ContentProperties: [], Signatures: [] }
      expect((await put(editor, { sequence: 1, message, headers: withLock })).status).toBe(400)
      for (const wrong of [property('n'.repeat(257), ''), property('n', 'v'.repeat(1025))]) {
        const sent = { sequence: 1, streams: main('new'), properties: [wrong], headers: withLock }
        expect((await put(editor, sent)).status).toBe(400)
      }
      const many = Array.from({ length: 257 }, (_, n) => property(`p${n}`, 'v'))
      const sent = { sequence: 1, streams: main('new'), properties: many, headers: withLock }
      expect((await put(editor, sent)).status).toBe(400)
      await expectUnchanged(editor)
    })

    it('row 2: a foreign lock: 409 Other', async () => {
      const editor = await fixture.open('old')
      const alice = await fixture.person('alice')
      const taken = { reason: 'maintenance', ttlSeconds: 60 }
      expect((await alice.calls('POST', `/files/${editor.fileId}/exclusive-lock`, taken)).status).toBe(201)
      for (const headers of [{}, withLock, { 'X-WOPI-CoauthLockId': 'C' }])
        expectConflict(await put(editor, { sequence: 1, streams: main('new'), headers }), 'Other', undefined)
      await expectUnchanged(editor)
    })

    it('row 3: a WOPI lock, and another id, a coauth id or nothing: 409 WOPI-Lock with the current id', async () => {
      const editor = await locked()
      for (const headers of [{}, { 'X-WOPI-Lock': 'M' }, { 'X-WOPI-CoauthLockId': 'L' }])
        expectConflict(await put(editor, { sequence: 1, streams: main('new'), headers }), 'WOPI-Lock', 'L')
      await expectUnchanged(editor)
    })

    it('row 3: its own id goes on, and comes before a wrong sequence number otherwise', async () => {
      const editor = await locked()
      expectConflict(await put(editor, { sequence: 9, streams: main('new') }), 'WOPI-Lock', 'L')
      expectSaved(await put(editor, { sequence: 1, streams: main('new'), headers: withLock }), 2)
    })

    it('row 4: a CoauthExclusive of another id: 409 WOPI-CoauthExclusiveLock, whatever is presented', async () => {
      const editor = await fixture.open('old')
      expect((await new NativeClient(editor, 'E').get('CoauthExclusive')).status).toBe(200)
      expect((await new NativeClient(editor, 'C').get('Coauth')).status).toBe(200)
      for (const headers of [{}, withLock, { 'X-WOPI-CoauthLockId': 'C' }, { 'X-WOPI-CoauthLockId': 'D' }]) {
        const answer = await put(editor, { sequence: 1, streams: main('new'), headers })
        expectConflict(answer, 'WOPI-CoauthExclusiveLock', undefined)
      }
      await expectUnchanged(editor)
      const headers = { 'X-WOPI-CoauthLockId': 'E' }
      expectSaved(await put(editor, { sequence: 1, streams: main('new'), headers }), 2)
    })

    it('row 5: coauth locks, and an id that is none of them: 409 without a mechanism; any of theirs may save', async () => {
      const editor = await fixture.open('old')
      for (const id of ['C', 'D']) expect((await new NativeClient(editor, id).get('Coauth')).status).toBe(200)
      for (const headers of [{}, withLock, { 'X-WOPI-Lock': 'C' }, { 'X-WOPI-CoauthLockId': 'E' }])
        expectConflict(
          await put(editor, { sequence: 1, streams: main('new'), headers }),
          undefined,
          undefined,
        )
      await expectUnchanged(editor)
      for (const [id, sequence] of [
        ['C', 1],
        ['D', 2],
      ] as const) {
        const headers = { 'X-WOPI-CoauthLockId': id }
        expectSaved(await put(editor, { sequence, streams: main(`by ${id}`), headers }), sequence + 1)
      }
    })

    it('rows 5, 6: a coauth lock that has expired holds nothing', async () => {
      const editor = await fixture.open('old')
      await new NativeClient(editor, 'C').get('Coauth')
      await fixture.sql(
        `update coauth_lock set expires_at = expires_at - interval '10 minutes' where file_id = $1`,
        [editor.fileId],
      )
      await fixture.sql(
        `update file_lock set coauth_until = coauth_until - interval '10 minutes' where file_id = $1`,
        [editor.fileId],
      )
      const headers = { 'X-WOPI-CoauthLockId': 'C' }
      expectConflict(await put(editor, { sequence: 1, streams: main('new'), headers }), undefined, '')
      await expectUnchanged(editor)
    })

    it('row 6: no lock and content: 409 with an empty X-WOPI-Lock', async () => {
      const editor = await fixture.open('old')
      for (const headers of [{}, withLock, { 'X-WOPI-CoauthLockId': 'C' }])
        expectConflict(await put(editor, { sequence: 1, streams: main('new'), headers }), undefined, '')
      await expectUnchanged(editor)
    })

    it('row 7: no lock and no content: stored', async () => {
      const editor = await fixture.open('')
      expectSaved(await put(editor, { sequence: 1, streams: main('new') }), 2)
      expect((await editor.getFile()).body.toString()).toBe('new')
    })

    it.each([0, 2, 2147483647])('row 8: sequence number %i is not the current: 412', async (sequence) => {
      const editor = await locked()
      const answer = await put(editor, { sequence, streams: main('new'), headers: withLock })
      expect([answer.status, sequenceIn(answer), answer.body.length]).toEqual([412, 1, 0])
      await expectUnchanged(editor)
    })

    it('row 9: a chunk that is nowhere, or of another length: 400', async () => {
      const editor = await locked()
      const ChunkId = chunkIdOf(text('new'))
      const message = (Length: number): object => ({
        ContentProperties: [property('p', 'v')],
        Signatures: [
          { StreamId: 'MainContent', ChunkingScheme: 'FullFile', ChunkSignatures: [{ ChunkId, Length }] },
        ],
      })
      const absent = await put(editor, { sequence: 1, message: message(3), headers: withLock })
      expect(absent.status).toBe(400)
      const old = chunkIdOf(text('old'))
      const wrong = JSON.parse(JSON.stringify(message(4)).replace(ChunkId, old)) as object
      expect((await put(editor, { sequence: 1, message: wrong, headers: withLock })).status).toBe(400)
      await expectUnchanged(editor)
    })

    it('row 8 comes before row 9, and row 3 before both', async () => {
      const editor = await locked()
      const without = new Set<string>([chunkIdOf(text('new'))])
      const sent = { sequence: 7, streams: main('new'), without }
      expect((await put(editor, { ...sent, headers: withLock })).status).toBe(412)
      expect((await put(editor, sent)).status).toBe(409)
    })

    it('row 10: too large, all at once or put together from what is stored: 413', async () => {
      const editor = await locked()
      const bytes = Buffer.alloc(2 * 1024 ** 2, 1)
      const large = { bytes: Buffer.alloc(4 * 1024 ** 2), scheme: 'FullFile' } as const
      expect((await put(editor, { sequence: 1, streams: [large], headers: withLock })).status).toBe(413)
      await expectUnchanged(editor)
      expectSaved(await put(editor, { sequence: 1, streams: [{ bytes }], headers: withLock }), 2)
      const { signature } = await chunked({ bytes })
      const twice = [...signature.ChunkSignatures, ...signature.ChunkSignatures]
      const message = { ContentProperties: [], Signatures: [{ ...signature, ChunkSignatures: twice }] }
      expect((await put(editor, { sequence: 2, message, headers: withLock })).status).toBe(413)
      expect(await sequenceOf(editor)).toBe(2)
    })

    it('row 10: one large chunk, named for many streams by a small body: 413, and nothing is read for it', async () => {
      const editor = await locked()
      const bytes = Buffer.alloc(2 * 1024 ** 2, 1)
      expectSaved(await put(editor, { sequence: 1, streams: [{ bytes }], headers: withLock }), 2)
      const { signature } = await chunked({ bytes })
      const Signatures = Array.from({ length: 200 }, (_, n) => ({ ...signature, StreamId: `s${n}` }))
      const message = { ContentProperties: [], Signatures }
      expect((await put(editor, { sequence: 2, message, headers: withLock })).status).toBe(413)
      expect(await sequenceOf(editor)).toBe(2)
    })

    it('row 11: streams, properties and number change together, and GetFile has the new content', async () => {
      const editor = await locked()
      const streams = [...main('new'), { id: 'Alternate', bytes: text('aside') }]
      const sent = { sequence: 1, streams, properties: [property('p', 'v')], headers: withLock }
      expectSaved(await put(editor, sent), 2)
      const got = await get(editor, [{}, { stream: 'Alternate' }], ['p', 'absent'])
      expect(got.properties).toEqual([property('p', 'v')])
      expect([sequenceIn(got.answer), got.answer.version]).toEqual([2, '2'])
      expect([await textOf(editor, 'MainContent'), await textOf(editor, 'Alternate')]).toEqual([
        'new',
        'aside',
      ])
      expect((await editor.getFile()).body.toString()).toBe('new')
      const [version] = await (await fixture.person('alice')).versions(editor.fileId)
      expect(version).toMatchObject({ version: '2', cause: 'chunked', author: 'alice' })
    })
  })

  it('WOPI.md §13.7: X-WOPI-Editors without a valid proof: 400', async () => {
    const editor = await locked()
    const headers = { ...withLock, 'X-WOPI-Editors': 'alice' }
    expect((await put(editor, { sequence: 1, streams: main('new'), headers })).status).toBe(400)
    await expectUnchanged(editor)
  })

  fixture.leavesNoTokenInTheLog()
})
