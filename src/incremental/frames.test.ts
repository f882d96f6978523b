import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inPieces, LIMITS, readAll, readOrRefusal, written } from '../../test/incremental/frame-kit.js'
import { chunkIdFrom, chunkIdOf } from './chunk-id.js'
import { FrameError } from './frame-error.js'
import { type FrameLayout, type FrameLimits, readFrames } from './frame-reader.js'
import { messageFrame, type OutgoingFrame, sizeOfFrames, writeFrames } from './frame-writer.js'

const HELLO = Buffer.from('SampleTextVersion-1')
const HELLO_ID = chunkIdOf(HELLO)

/** The worked example of WOPI.md §13.2: JSON of 165 bytes in a body of 248. */
const JSON_165 =
  '{"ContentProperties":[],"Signatures":[{"ChunkingScheme":"FullFile","StreamId":"MainContent",' +
  '"ChunkSignatures":[{"ChunkId":"OpSWhpt12BRkuGX4z7bQPg==","Length":19}]}]}'
const EXAMPLE = Buffer.concat([
  Buffer.from('000000020000000000000000000000a5', 'hex'),
  Buffer.from(JSON_165),
  Buffer.from('0000000300000010' + '0000000000000013' + '3a9496869b75d81464b865f8cfb6d03e', 'hex'),
  Buffer.from('53616d706c655465787456657273696f6e2d31', 'hex'),
  Buffer.from('00000001000000000000000000000000', 'hex'),
])

const END = hex('00000001 00000000 0000000000000000')
const MESSAGE = hex('00000002 00000000 0000000000000002', Buffer.from('{}'))
const CHUNK = hex('00000003 00000010 0000000000000013', idBytes(), HELLO)
/** Bytes 10 to 19 of 100 bytes, and the rest of them. */
const RANGE = hex(
  '00000004 00000024 000000000000000a',
  idBytes(),
  size(10),
  size(10),
  '00000000',
  Buffer.alloc(10),
)
const LAST_RANGE = hex('00000004 00000024 0000000000000000', idBytes(), size(20), size(0), '00000001')

describe('reading frames', () => {
  it('§13.2: reads the worked example of 248 bytes', async () => {
    expect(EXAMPLE.length).toBe(248)
    expect(await readAll(inPieces(EXAMPLE, []), 'message-and-chunks')).toEqual([
      { kind: 'message', value: JSON.parse(JSON_165) as unknown },
      { kind: 'chunk', id: HELLO_ID, bytes: HELLO },
    ])
  })

  it("§13.2: reads .NET's escaped slashes", async () => {
    const text = Buffer.from('{"ChunkId":"xnhEdjs7y\\/iRm42dYLHqng=="}')
    const body = hex('00000002 00000000', size(text.length), text, END)
    expect(await readAll(inPieces(body, []), 'message')).toEqual([
      { kind: 'message', value: { ChunkId: 'xnhEdjs7y/iRm42dYLHqng==' } },
    ])
  })

  it('§13.2: reads ranges, in the middle and up to the end of a chunk', async () => {
    const body = hex(MESSAGE, RANGE, LAST_RANGE, END)
    expect(await readAll(inPieces(body, []), 'message-and-ranges')).toEqual([
      { kind: 'message', value: {} },
      { kind: 'range', id: HELLO_ID, offset: 10, containsEnd: false, bytes: Buffer.alloc(10) },
      { kind: 'range', id: HELLO_ID, offset: 20, containsEnd: true, bytes: Buffer.alloc(0) },
    ])
  })

  it('§13.2: the chunks of a signature may come in any order', async () => {
    const other = Buffer.from('Blob1')
    const second = hex('00000003 00000010', size(5), rawOf(other), other)
    for (const chunks of [
      [CHUNK, second],
      [second, CHUNK],
    ]) {
      const frames = await readAll(inPieces(hex(MESSAGE, ...chunks, END), []), 'message-and-chunks')
      expect(frames).toHaveLength(3)
    }
  })

  it('§13.2: reads and ignores whatever follows the EndFrame', async () => {
    const pieces = [hex(MESSAGE, END, 'ffff'), CHUNK, Buffer.alloc(0), MESSAGE]
    let taken = 0
    async function* source(): AsyncGenerator<Buffer> {
      for (; taken < pieces.length; taken++) yield await Promise.resolve(pieces[taken] ?? END)
    }
    expect(await readAll(source(), 'message')).toEqual([{ kind: 'message', value: {} }])
    expect(taken).toBe(pieces.length)
  })

  it('§13.2: does not read an endless tail', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Buffer> {
      yield hex(MESSAGE, END)
      for (; ; given += 1000) yield await Promise.resolve(Buffer.alloc(1000))
    }
    expect(await readOrRefusal(endless(), 'message', { bodyBytes: 5000 })).toBe('body-too-long')
    expect(given).toBeLessThan(6000)
  })

  it('§13.2: reads a large MessageJSON that comes in small pieces', async () => {
    const text = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index)))
    const cuts = Array.from({ length: text.length / 7 }, (_, index) => 7 * index)
    const body = hex('00000002 00000000', size(text.length), text, END)
    expect(await readAll(inPieces(body, cuts), 'message')).toEqual([
      { kind: 'message', value: JSON.parse(text.toString()) as unknown },
    ])
  })

  it('§13.2: reads several chunks of more than a piece each', async () => {
    const chunks = [1, 2, 3].map((fill) => chunk(Buffer.alloc(5000, fill)))
    const body = await written([messageFrame({}), ...chunks])
    const frames = await readAll(inPieces(body, [1000, 2000, 9000]), 'message-and-chunks')
    expect(frames.slice(1)).toEqual(chunks.map(asRead))
  })

  it('§13.9: an upload session holds chunk frames and no EndFrame', async () => {
    expect(await readAll(inPieces(CHUNK, []), 'chunks')).toEqual([
      { kind: 'chunk', id: HELLO_ID, bytes: HELLO },
    ])
    expect(await readAll(inPieces(Buffer.alloc(0), []), 'chunks')).toEqual([])
  })

  const REFUSALS: readonly [title: string, body: Buffer, code: string, layout?: FrameLayout][] = [
    ['a body of nothing', Buffer.alloc(0), 'message-missing'],
    ['a body without MessageJSON', END, 'message-missing'],
    ['a chunk before MessageJSON', hex(CHUNK, MESSAGE, END), 'message-missing'],
    ['a second MessageJSON', hex(MESSAGE, MESSAGE, END), 'message-repeated'],
    ['type 0', hex(MESSAGE, '00000000 00000000', size(0), END), 'frame-type-unknown'],
    ['type 0 as the first', hex('00000000 00000000', size(0)), 'frame-type-unknown'],
    ['type 5', hex(MESSAGE, '00000005 00000000', size(0), END), 'frame-type-unknown'],
    ['type 2^32-1', hex(MESSAGE, 'ffffffff 00000000', size(0), END), 'frame-type-unknown'],
    [
      'an EndFrame with an extended header',
      hex(MESSAGE, '00000001 00000001', size(0), '00'),
      'frame-header-size-wrong',
    ],
    [
      'an EndFrame with a payload',
      hex(MESSAGE, '00000001 00000000', size(1), '00'),
      'frame-payload-size-wrong',
    ],
    [
      'a MessageJSON with an extended header',
      hex('00000002 00000004', size(2), '00000000', '7b7d', END),
      'frame-header-size-wrong',
    ],
    ['an empty MessageJSON', hex('00000002 00000000', size(0), END), 'message-empty'],
    ['a MessageJSON that is no JSON', hex('00000002 00000000', size(1), '7b', END), 'message-not-json'],
    [
      'a MessageJSON that is no UTF-8',
      hex('00000002 00000000', size(4), '22c3', '2822', END),
      'message-not-json',
    ],
    ['a MessageJSON in UTF-16', hex('00000002 00000000', size(4), '7b00', '7d00', END), 'message-not-json'],
    [
      'a chunk with 15 bytes of id',
      hex(MESSAGE, '00000003 0000000f', size(19), idBytes(), HELLO),
      'frame-header-size-wrong',
    ],
    [
      'a chunk with an extended header of 4 GB',
      hex(MESSAGE, '00000003 ffffffff', size(19), idBytes(), HELLO),
      'frame-header-size-wrong',
    ],
    [
      'a chunk whose bytes hash to another id',
      hex(MESSAGE, CHUNK.subarray(0, -1), '32', END),
      'chunk-id-wrong',
    ],
    [
      'an empty chunk with the id of another',
      hex(MESSAGE, '00000003 00000010', size(0), idBytes(), END),
      'chunk-id-wrong',
    ],
    ['a chunk that is sent twice', hex(MESSAGE, CHUNK, CHUNK, END), 'chunk-repeated'],
    ['a chunk where none belongs', hex(MESSAGE, CHUNK, END), 'frame-unexpected', 'message'],
    ['a range among chunks', hex(MESSAGE, RANGE, END), 'frame-unexpected'],
    ['a chunk among ranges', hex(MESSAGE, CHUNK, END), 'frame-unexpected', 'message-and-ranges'],
    [
      'a range with 16 bytes of extended header',
      hex(MESSAGE, '00000004 00000010', size(0), idBytes(), END),
      'frame-header-size-wrong',
      'message-and-ranges',
    ],
    [
      'a range with flags 2',
      hex(MESSAGE, LAST_RANGE.subarray(0, -4), '00000002', END),
      'range-flags-unknown',
      'message-and-ranges',
    ],
    [
      'a range that disagrees with its payload',
      hex(MESSAGE, '00000004 00000024', size(1), idBytes(), size(0), size(2), '00000000', '0000', END),
      'frame-payload-size-wrong',
      'message-and-ranges',
    ],
    [
      'a range from beyond 2^53',
      hex(MESSAGE, '00000004 00000024', size(0), idBytes(), 'ffffffffffffffff', size(0), '00000000', END),
      'frame-payload-size-wrong',
      'message-and-ranges',
    ],
    ['no EndFrame', hex(MESSAGE, CHUNK), 'end-missing'],
    ['MessageJSON alone', MESSAGE, 'end-missing'],
    ['an EndFrame in an upload session', hex(CHUNK, END), 'frame-unexpected', 'chunks'],
    ['MessageJSON in an upload session', hex(MESSAGE, CHUNK), 'frame-unexpected', 'chunks'],
    ['an upload session that breaks off', CHUNK.subarray(0, -1), 'body-truncated', 'chunks'],
  ]
  it.each(REFUSALS)('§13.2: refuses %s', async (_title, body, code, layout = 'message-and-chunks') => {
    expect(await readOrRefusal(inPieces(body, []), layout)).toBe(code)
    expect(await readOrRefusal(inPieces(body, Array.from(body.keys())), layout)).toBe(code)
  })

  it('§13.2: refuses the worked example wherever it breaks off', async () => {
    for (let end = 0; end < EXAMPLE.length; end++) {
      const code =
        end === 0 ? 'message-missing' : end === 181 || end === 232 ? 'end-missing' : 'body-truncated'
      expect(await readOrRefusal(inPieces(EXAMPLE.subarray(0, end), []), 'message-and-chunks')).toBe(code)
    }
  })

  const TOO_MUCH: readonly (readonly [
    title: string,
    body: Buffer,
    code: string,
    limits: Partial<FrameLimits>,
  ])[] = [
    ['MessageJSON over its limit', hex(MESSAGE, END), 'message-too-long', { messageBytes: 1 }],
    ['MessageJSON of 2^63 bytes', hex('00000002 00000000 8000000000000000'), 'message-too-long', {}],
    ['MessageJSON of 2^64-1 bytes', hex('00000002 00000000 ffffffffffffffff'), 'message-too-long', {}],
    ['a chunk over its limit', hex(MESSAGE, CHUNK, END), 'chunk-too-long', { chunkBytes: 18 }],
    [
      'a chunk of 2^63 bytes',
      hex(MESSAGE, '00000003 00000010 8000000000000000', idBytes()),
      'chunk-too-long',
      {},
    ],
    ['more chunks than its limit', hex(MESSAGE, CHUNK, END), 'too-many-chunks', { chunks: 0 }],
    ['a body over its limit', hex(MESSAGE, END), 'body-too-long', { bodyBytes: 33 }],
    ['an endless tail', hex(MESSAGE, END, Buffer.alloc(1000)), 'body-too-long', { bodyBytes: 1000 }],
  ]
  it.each(TOO_MUCH)('§13.2: refuses %s as too large', async (_title, body, code, limits) => {
    const reading = readAll(inPieces(body, []), 'message-and-chunks', limits)
    await expect(reading).rejects.toMatchObject({ code, reason: 'too-large' })
  })

  it('§13.2: refuses in a sentence, as malformed', async () => {
    const refusal = await readAll(inPieces(hex(MESSAGE, CHUNK), []), 'message-and-chunks').catch(
      (error: unknown) => error,
    )
    expect(refusal).toBeInstanceOf(FrameError)
    expect(refusal).toMatchObject({ reason: 'malformed', message: 'the body ends without an EndFrame' })
  })

  it('a payload that nobody reads is skipped, but its hash is checked', async () => {
    const kinds = async (body: Buffer): Promise<string[]> => {
      const seen: string[] = []
      for await (const frame of readFrames(inPieces(body, [70, 75]), 'message-and-chunks', LIMITS))
        seen.push(frame.kind)
      return seen
    }
    expect(await kinds(EXAMPLE)).toEqual(['message', 'chunk'])
    await expect(kinds(hex(MESSAGE, CHUNK.subarray(0, -1), '32', END))).rejects.toMatchObject({
      code: 'chunk-id-wrong',
    })
  })

  it('a payload that was read in part is skipped from there on', async () => {
    const frames = readFrames(inPieces(EXAMPLE, [215, 220]), 'message-and-chunks', LIMITS)
    for await (const frame of frames) {
      if (frame.kind === 'message') continue
      for await (const piece of frame.payload) {
        expect(piece.toString()).toBe('Sa')
        break
      }
    }
  })

  it('a payload cannot be mistaken for an empty one when it is read too late', async () => {
    const frames = []
    for await (const frame of readFrames(inPieces(EXAMPLE, []), 'message-and-chunks', LIMITS))
      frames.push(frame)
    const late = frames[1]
    if (late?.kind !== 'chunk') throw new Error('no chunk')
    await expect(late.payload[Symbol.asyncIterator]().next()).rejects.toThrow('before the next frame')
  })

  it('asks for no more of the body than it was asked for itself', async () => {
    let asked = 0
    async function* endless(): AsyncGenerator<Buffer> {
      yield hex(MESSAGE, '00000003 00000010', size(2 ** 40), idBytes())
      for (;;) {
        asked++
        yield await Promise.resolve(Buffer.alloc(1024))
      }
    }
    const frames = readFrames(endless(), 'message-and-chunks', {
      ...LIMITS,
      chunkBytes: 2 ** 41,
      bodyBytes: 2 ** 41,
    })
    await frames.next()
    const { value: chunk } = await frames.next()
    expect(asked).toBe(0)
    if (chunk?.kind !== 'chunk') throw new Error('no chunk')
    const pieces = chunk.payload[Symbol.asyncIterator]()
    for (let piece = 1; piece <= 10; piece++) {
      expect((await pieces.next()).value).toHaveLength(1024)
      expect(asked).toBe(piece)
    }
    await pieces.return?.()
  })

  it('lets go of the body when its reader stops early, and when it is refused', async () => {
    for (const body of [EXAMPLE, hex(MESSAGE, '00000009 00000000', size(0), END)]) {
      let closed = false
      async function* source(): AsyncGenerator<Buffer> {
        try {
          yield* inPieces(body, [])
        } finally {
          closed = true
        }
      }
      const frames = readFrames(source(), 'message-and-chunks', LIMITS)
      await frames.next()
      await frames.next().catch(() => undefined)
      await frames.return()
      expect(closed).toBe(true)
    }
  })

  it('passes on what broke the body', async () => {
    async function* breaking(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(EXAMPLE.subarray(0, 200))
      throw new Error('the client went away')
    }
    await expect(readAll(breaking(), 'message-and-chunks')).rejects.toThrow('the client went away')
  })
})

describe('writing frames', () => {
  it('§13.2: writes the worked example byte for byte', async () => {
    const frames: OutgoingFrame[] = [
      { kind: 'message', json: Buffer.from(JSON_165) },
      { kind: 'chunk', id: HELLO_ID, length: HELLO.length, payload: [HELLO] },
    ]
    expect((await written(frames)).toString('hex')).toBe(EXAMPLE.toString('hex'))
  })

  it.each([
    ['less', [HELLO.subarray(1)]],
    ['more', [HELLO, HELLO]],
  ])('§13.2: breaks off when a payload gives %s than its frame announced', async (_title, payload) => {
    await expect(written([{ kind: 'chunk', id: HELLO_ID, length: 19, payload }])).rejects.toThrow(
      'a frame of 19 bytes',
    )
  })

  it('writes the next piece only when the one before was taken', async () => {
    let given = 0
    function* payload(): Generator<Buffer> {
      for (; given < 1000; given++) yield Buffer.alloc(1000)
    }
    const pieces = writeFrames([{ kind: 'chunk', id: HELLO_ID, length: 1_000_000, payload: payload() }])
    for (let taken = 0; taken < 5; taken++) await pieces.next()
    expect(given).toBeLessThan(5)
    await pieces.return()
  })

  it('§13.2: what was written is read, at whatever places it is cut', async () => {
    const json = fc.jsonValue().map((value) => messageFrame({ value }))
    const chunks = fc
      .uniqueArray(fc.uint8Array({ maxLength: 400, size: 'max' }), {
        selector: (bytes) => Buffer.from(bytes).toString('hex'),
      })
      .map((all) => all.map((bytes) => chunk(Buffer.from(bytes))))
    const range = fc.record({
      kind: fc.constant('range' as const),
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(chunkIdFrom),
      offset: fc.maxSafeNat(),
      containsEnd: fc.boolean(),
      bytes: fc.uint8Array({ maxLength: 400, size: 'max' }).map((bytes) => Buffer.from(bytes)),
    })
    const ranges = fc
      .array(range)
      .map((all) => all.map((one) => ({ ...one, length: one.bytes.length, payload: [one.bytes] })))
    const cuts = fc.array(fc.nat(3000), { maxLength: 30 })
    const body = fc.oneof(
      fc.tuple(fc.constant('message-and-chunks' as const), chunks),
      fc.tuple(fc.constant('message-and-ranges' as const), ranges),
    )
    await fc.assert(
      fc.asyncProperty(json, body, cuts, async (message, [layout, rest], at) => {
        const bytes = await written([message, ...rest])
        expect(bytes.length).toBe(sizeOfFrames([message, ...rest]))
        const [first, ...others] = await readAll(inPieces(bytes, at), layout)
        expect(first).toEqual({ kind: 'message', value: JSON.parse(message.json.toString()) as unknown })
        expect(others).toEqual(rest.map(asRead))
      }),
      { numRuns: 500 },
    )
  })
})

function chunk(bytes: Buffer): {
  kind: 'chunk'
  id: ReturnType<typeof chunkIdOf>
  length: number
  payload: Buffer[]
} {
  return { kind: 'chunk', id: chunkIdOf(bytes), length: bytes.length, payload: [bytes] }
}

function asRead({ payload, ...sent }: { payload: Buffer[]; length: number }): object {
  const frame: { length?: number } = { ...sent }
  delete frame.length
  return { ...frame, bytes: Buffer.concat(payload) }
}

function hex(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part.replaceAll(' ', ''), 'hex') : part)),
  )
}

function size(bytes: number): Buffer {
  const field = Buffer.alloc(8)
  field.writeBigUInt64BE(BigInt(bytes))
  return field
}

function idBytes(): Buffer {
  return Buffer.from('3a9496869b75d81464b865f8cfb6d03e', 'hex')
}

function rawOf(bytes: Buffer): Buffer {
  return Buffer.from(chunkIdOf(bytes), 'base64')
}
