import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { chunkIdOf, rawChunkId } from '../../src/incremental/chunk-id.js'
import { encodeFrameHeader } from '../../src/incremental/frame-format.js'
import { jtiOf } from '../permission/forge.js'
import { RawUpload } from '../reliability/raw-upload.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { useFixture } from '../wopi/fixture.js'
import { property, put, putBody, putRaw, sequenceIn, sequenceOf, textOf } from './plus-client.js'

const withLock = { 'X-WOPI-Lock': 'L' }
const OLD = 'old content'

describe('PutChunkedFile that fails', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  let second: Tandem

  beforeAll(async () => {
    const env = { COAUTH_PROFILE: 'plus' }
    second = await Tandem.start(inject('postgres'), { env, sharing: fixture.tandem })
  })
  afterAll(() => second.stop())

  async function locked(): Promise<Editor> {
    const editor = await fixture.open(OLD)
    await editor.lock('L')
    return editor
  }
  const streams = [
    { bytes: Buffer.from('new content') },
    { id: 'Alternate', bytes: Buffer.from('an aside of some length') },
  ]
  const properties = [property('p', 'v')]

  async function expectUnchanged(editor: Editor): Promise<void> {
    const got = await editor.getFile()
    expect([got.version, got.body.toString(), await sequenceOf(editor)]).toEqual(['1', OLD, 1])
    const left = await fixture.sql(
      `select stream_id from stream where file_id = $1 union all
       select name from content_property where file_id = $1 union all
       select 'version ' || version from file_version where file_id = $1`,
      [editor.fileId],
    )
    expect(left).toEqual([{ stream_id: 'version 1' }])
  }

  it('R-05: a body that breaks off anywhere changes nothing and leaves no blob', async () => {
    const editor = await locked()
    const body = await putBody({ streams, properties })
    const blobs = await fixture.blobs()
    for (let cut = 0; cut < body.length; cut += 1 + Math.floor(body.length / 24)) {
      const upload = await RawUpload.start(editor, 'L', {
        'X-WOPI-Override': 'PUT_CHUNKED_FILE',
        'X-WOPI-SequenceNumber': '1',
        'Content-Length': String(body.length),
      })
      upload.write(body.subarray(0, cut))
      upload.hangUp()
      expect([400, undefined]).toContain(await upload.status())
    }
    await expectUnchanged(editor)
    expect(await fixture.blobs()).toBe(blobs)
    expect((await putRaw(editor, 1, body, withLock)).status).toBe(200)
  })

  it('R-05: a transaction that fails changes nothing, and the same request succeeds later', async () => {
    const editor = await locked()
    for (const table of ['audit_event', 'content_property', 'stream_chunk', 'file_version']) {
      await fixture.sql(`alter table ${table} rename to out_of_reach`)
      try {
        expect((await put(editor, { sequence: 1, streams, properties, headers: withLock })).status).toBe(500)
      } finally {
        await fixture.sql(`alter table out_of_reach rename to ${table}`)
      }
      await expectUnchanged(editor)
    }
    const answer = await put(editor, { sequence: 1, streams, properties, headers: withLock })
    expect(answer.status).toBe(200)
    expect(await textOf(editor, 'Alternate')).toBe('an aside of some length')
  })

  it('hostile frames and messages: 400, nothing changed, no blob left', async () => {
    const editor = await locked()
    const blobs = await fixture.blobs()
    const good = await putBody({ streams, properties })
    const id = chunkIdOf(Buffer.from('new content'))
    const flipped = Buffer.from(good)
    flipped[good.length - 20] = (flipped[good.length - 20] ?? 0) ^ 1
    const huge = Buffer.concat([encodeFrameHeader('chunk', 2 ** 52), rawChunkId(id)])
    const signatures = (over: object): object => ({
      ContentProperties: [],
      Signatures: [
        {
          StreamId: 'MainContent',
          ChunkingScheme: 'FullFile',
          ChunkSignatures: [{ ChunkId: id, Length: 11 }],
          ...over,
        },
      ],
    })
    const signature = (Length: unknown, ChunkId: unknown = id): object => ({
      ChunkSignatures: [{ ChunkId, Length }],
    })
    const messages: object[] = [
      [],
      { ContentProperties: [] },
      { ContentProperties: {}, Signatures: [] },
      signatures({ StreamId: '' }),
      signatures({ StreamId: 'a\0b' }),
      signatures({ StreamId: '\ud800' }),
      signatures({ StreamId: 'x'.repeat(257) }),
      signatures({ StreamId: { $ne: 1 } }),
      signatures({ ChunkingScheme: 'Tar' }),
      signatures(signature(-1)),
      signatures(signature(1.5)),
      signatures(signature(2 ** 60)),
      signatures(signature('11')),
      signatures(signature(11, `${id}'; drop table file; --`)),
      signatures(signature(11, '../../etc/passwd')),
      { ...signatures({}), ContentProperties: [{ Name: 'n', Value: 'v', Retention: 'Forever' }] },
      { ...signatures({}), ContentProperties: [property('n', '1'), property('n', '2')] },
      { ...signatures({}), UploadSessionTokenToCommit: 7 },
    ]
    const bodies: (Buffer | string)[] = [
      '',
      'x',
      JSON.stringify(signatures({})),
      Buffer.alloc(100),
      Buffer.alloc(100, 0xff),
      good.subarray(16),
      good.subarray(0, -16),
      flipped,
      Buffer.concat([good.subarray(0, -16), huge]),
      Buffer.concat([good.subarray(0, -16), good.subarray(good.length - 16 - 32 - 23)]),
      ...(await Promise.all(messages.map((message) => putBody({ message })))),
    ]
    for (const [index, body] of bodies.entries()) {
      const { status } = await putRaw(editor, 1, body, withLock)
      expect([400, 413], `body ${index}`).toContain(status)
    }
    await expectUnchanged(editor)
    expect(await fixture.blobs()).toBe(blobs)
  })

  it('names that look like something else are names', async () => {
    const editor = await locked()
    const names = ['__proto__', 'constructor', '../x', "'; drop table stream; --", 'mainContent', '😀']
    const odd = names.map((id) => ({ id, bytes: Buffer.from(id) }))
    const named = names.map((name) => property(name, name))
    expect(
      (await put(editor, { sequence: 1, streams: odd, properties: named, headers: withLock })).status,
    ).toBe(200)
    for (const name of names) expect(await textOf(editor, name)).toBe(name)
    expect((await editor.getFile()).body.toString()).toBe(OLD)
  })

  it('junk behind EndFrame is ignored (WOPI.md §13.2)', async () => {
    const editor = await locked()
    const body = Buffer.concat([await putBody({ streams }), Buffer.from('junk')])
    expect((await putRaw(editor, 1, body, withLock)).status).toBe(200)
  })

  it('two instances: of ten puts on one number one is stored, the others are told the new number', async () => {
    const editor = await locked()
    const there = new Editor(second.url, editor.fileId, editor.token)
    for (let round = 1; round <= 3; round++) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          put(n % 2 === 0 ? editor : there, {
            sequence: round,
            streams: [
              { bytes: Buffer.from(`round ${round} of ${n}`) },
              { id: 'Alternate', bytes: Buffer.from(`${n}`) },
            ],
            headers: withLock,
          }),
        ),
      )
      const winners = answers.flatMap(({ status }, n) => (status === 200 ? [n] : []))
      expect(winners).toHaveLength(1)
      for (const answer of answers)
        expect([answer.status === 200 ? 200 : 412, sequenceIn(answer)]).toEqual([answer.status, round + 1])
      // Streams of one request belong together.
      expect((await there.getFile()).body.toString()).toBe(`round ${round} of ${winners[0]}`)
      expect(await textOf(there, 'Alternate')).toBe(`${winners[0]}`)
    }
  })

  describe('RELIABILITY-SECURITY.md §3.4: what is refused for good is kept', () => {
    async function bobs(): Promise<Editor> {
      const editor = await fixture.open(OLD, { who: 'bob', role: 'editor' })
      await editor.lock('L')
      return editor
    }
    const losses: readonly (readonly [string, number, string, (editor: Editor) => Promise<unknown>])[] = [
      [
        'an expired token',
        401,
        'token-expired',
        ({ token }) =>
          fixture.sql(`update access_token set expires_at = now() - interval '1 s' where jti = $1`, [
            jtiOf(token),
          ]),
      ],
      [
        'a revoked token',
        401,
        'token-revoked',
        ({ token }) =>
          fixture.sql('update access_token set revoked_at = now() where jti = $1', [jtiOf(token)]),
      ],
      [
        'a right that was taken away',
        404,
        'permission-revoked',
        async ({ fileId }) => (await fixture.person('alice')).revokes(fileId, 'user:bob'),
      ],
    ]
    it('sent again and again it is kept once, and leaves nothing else behind', async () => {
      const editor = await bobs()
      const other = { sequence: 1, streams, properties, headers: { 'X-WOPI-Lock': 'M' } }
      expect((await put(editor, other)).status).toBe(409)
      const before = await fixture.blobs()
      for (let again = 0; again < 3; again++) expect((await put(editor, other)).status).toBe(409)
      expect(await fixture.blobs()).toBe(before)
      expect(await (await fixture.person('alice')).recoveryItems(editor.fileId)).toHaveLength(1)
    })

    it.each(losses)('%s: %i, and the main content is a recovery item', async (_why, status, reason, lose) => {
      const editor = await bobs()
      await lose(editor)
      const refused = await put(editor, { sequence: 1, streams, properties, headers: withLock })
      expect([refused.status, refused.body.length]).toEqual([status, 0])
      const alice = await fixture.person('alice')
      const items = await alice.recoveryItems(editor.fileId)
      expect(items.map((item) => [item.reason, item.userId, item.size])).toEqual([[reason, 'bob', 11]])
      const path = `/files/${editor.fileId}/recovery-items/${items[0]?.id}/content`
      expect((await alice.calls('GET', path)).body.toString()).toBe('new content')
      await expectUnchanged(await fixture.join(editor))
    })

    it('whoever has lost the right is told so, whatever they send', async () => {
      const editor = await bobs()
      await (await fixture.person('alice')).revokes(editor.fileId, 'user:bob')
      expect((await putRaw(editor, 1, 'no frames', withLock)).status).toBe(404)
      expect((await putRaw(editor, 'no number', await putBody({ streams }))).status).toBe(404)
    })

    it('a newer state (412) and a missing chunk keep nothing: the client sends its work again', async () => {
      const editor = await locked()
      const blobs = await fixture.blobs()
      expect((await put(editor, { sequence: 2, streams, headers: withLock })).status).toBe(412)
      expect(await (await fixture.person('alice')).recoveryItems(editor.fileId)).toEqual([])
      expect(await fixture.blobs()).toBe(blobs)
    })
  })

  fixture.leavesNoTokenInTheLog()
})
