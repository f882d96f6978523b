import { describe, expect, it, vi } from 'vitest'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from '../wopi/fixture.js'
import {
  chunked,
  get,
  property,
  put,
  type SentStream,
  sequenceIn,
  sequenceOf,
  textOf,
  workbook,
  withCell,
} from './plus-client.js'

const text = (content: string): Buffer => Buffer.from(content)
const withLock = { 'X-WOPI-Lock': 'L' }

describe('what PutChunkedFile stores', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  const main = (content: string): { bytes: Buffer }[] => [{ bytes: text(content) }]

  async function locked(): Promise<Editor> {
    const editor = await fixture.open('old')
    expect((await editor.lock('L')).status).toBe(200)
    return editor
  }

  function expectSaved(answer: WopiAnswer, sequence: number): void {
    expect([answer.status, sequenceIn(answer), answer.version]).toEqual([200, sequence, String(sequence)])
  }

  it('WOPI.md §13.7: lists streams and properties that change; others stay, a stream of no chunks goes', async () => {
    const editor = await locked()
    const aside = (id: string, content: string): SentStream => ({ id, bytes: text(content) })
    const first = [aside('A', 'a1'), aside('B', 'b1'), aside('C', 'c1')]
    const properties = [property('p', '1'), property('q', '1', 'DeleteOnContentChange')]
    expectSaved(await put(editor, { sequence: 1, streams: first, properties, headers: withLock }), 2)
    const gone = { StreamId: 'C', ChunkingScheme: 'Zip', ChunkSignatures: [] }
    const { signature } = await chunked({ id: 'A', bytes: text('b1') })
    const message = { ContentProperties: [property('p', '2')], Signatures: [signature, gone] }
    // The chunk of B, for A: chunks may be of any stream.
    expectSaved(await put(editor, { sequence: 2, message, headers: withLock }), 3)
    const got = await get(editor, [{ stream: 'A' }, { stream: 'B' }, { stream: 'C' }, {}], ['p', 'q'])
    expect(got.signatures.map(({ ChunkSignatures }) => ChunkSignatures.length)).toEqual([1, 1, 0, 1])
    expect(got.signatures[2]).toEqual(gone)
    expect(got.properties).toHaveLength(2)
    expect(got.properties).toEqual(expect.arrayContaining([property('p', '2'), properties[1]]))
    expect(await textOf(editor, 'A')).toBe('b1')
    expect((await editor.getFile()).body.toString()).toBe('old')
  })

  it('WOPI.md §13.1: at most 256 alternate streams and properties in all: 400', async () => {
    const editor = await locked()
    const some = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)
    const properties = some(0, 200).map((n) => property(`p${n}`, ''))
    const streams = some(0, 200).map((n) => ({ id: `s${n}`, bytes: text('one') }))
    expectSaved(await put(editor, { sequence: 1, streams, properties, headers: withLock }), 2)
    const more = some(200, 257).map((n) => property(`p${n}`, ''))
    const others = some(200, 257).map((n) => ({ id: `s${n}`, bytes: text('one') }))
    const tooMany = { sequence: 2, streams: main('new'), properties: more, headers: withLock }
    expect((await put(editor, tooMany)).status).toBe(400)
    expect((await put(editor, { sequence: 2, streams: others, headers: withLock })).status).toBe(400)
    expect(await sequenceOf(editor)).toBe(2)
    expect((await editor.getFile()).body.toString()).toBe('old')
    expectSaved(await put(editor, { ...tooMany, properties: more.slice(1) }), 3)
  })

  it(
    'takes no more chunks in all its alternate streams than an answer can name: 400',
    { timeout: 60_000 },
    async () => {
      const editor = await locked()
      const one = await chunked({ bytes: text('x') })
      const [chunk] = one.signature.ChunkSignatures
      const many = Array.from({ length: 31_000 }, () => chunk)
      const stream = (StreamId: string): object => ({ ...one.signature, StreamId, ChunkSignatures: many })
      const send = (sequence: number, StreamId: string): ReturnType<typeof put> =>
        put(editor, {
          sequence,
          streams: [{ id: 'X', bytes: text('x') }],
          message: { ContentProperties: [], Signatures: [stream(StreamId)] },
          headers: withLock,
        })
      expectSaved(await send(1, 'A'), 2)
      expect((await send(2, 'B')).status).toBe(400)
      expect(await sequenceOf(editor)).toBe(2)
    },
  )

  it('WOPI.md §20, 4: takes an empty main content as no chunk and as an empty one, and reports the latter', async () => {
    for (const form of ['none', 'empty']) {
      const editor = await locked()
      const { signature } = await chunked({ bytes: Buffer.alloc(0) })
      const Signatures = [form === 'empty' ? signature : { ...signature, ChunkSignatures: [] }]
      const message = { ContentProperties: [], Signatures }
      expectSaved(await put(editor, { sequence: 1, message, headers: withLock }), 2)
      expect((await editor.getFile()).body).toHaveLength(0)
      expect((await get(editor)).signatures).toEqual([{ ...signature, ChunkingScheme: 'FullFile' }])
    }
  })

  it('WOPI.md §13.4: reports a zip archive as Zip, however it came, and what is none as FullFile', async () => {
    const zip = workbook(1)
    for (const scheme of ['FullFile', 'Zip'] as const) {
      const editor = await locked()
      expectSaved(await put(editor, { sequence: 1, streams: [{ bytes: zip, scheme }], headers: withLock }), 2)
      const { signature } = await chunked({ bytes: zip })
      expect((await get(editor, [{ scheme: 'FullFile' }])).signatures).toEqual([signature])
      // Its one chunk stays known.
      const whole = (await chunked({ bytes: zip, scheme })).signature
      const message = { ContentProperties: [], Signatures: [whole] }
      expectSaved(await put(editor, { sequence: 2, message, headers: withLock }), 3)
      const edited = withCell(zip, '2')
      const sent = { sequence: 3, streams: [{ bytes: edited }], headers: withLock }
      const without = new Set<string>(signature.ChunkSignatures.map(({ ChunkId }) => ChunkId))
      expectSaved(await put(editor, { ...sent, without }), 4)
      expect((await editor.getFile()).body.equals(edited)).toBe(true)
    }
    const editor = await locked()
    const { signature } = await chunked({ bytes: text('plain') })
    const Signatures = [{ ...signature, ChunkingScheme: 'Zip' }]
    const message = { ContentProperties: [], Signatures }
    await put(editor, { sequence: 1, streams: [{ id: 'Other', bytes: text('plain') }], headers: withLock })
    expectSaved(await put(editor, { sequence: 2, message, headers: withLock }), 3)
    expect((await get(editor, [{ scheme: 'Zip' }])).signatures).toEqual([signature])
  })

  it('counts as a save in the status of the session', async () => {
    const editor = await locked()
    expectSaved(await put(editor, { sequence: 1, streams: main('new'), headers: withLock }), 2)
    const alice = await fixture.person('alice')
    await vi.waitFor(
      async () => {
        const status = await alice.calls('GET', `/files/${editor.fileId}/coauth-status`)
        const { lastSave } = status.json<{ lastSave: { version: string; userId: string } | null }>()
        expect(lastSave).toMatchObject({ version: '2', userId: 'alice' })
      },
      { timeout: 10_000 },
    )
  })

  fixture.leavesNoTokenInTheLog()
})
