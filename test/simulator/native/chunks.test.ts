import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { chunked, chunkIdOf, joined, unknownTo } from '../../../simulator/native/chunked-content.js'
import { readFrames, writeFrames } from '../../../simulator/native/frames.js'
import { spookyHash } from '../../../simulator/native/spooky.js'
import { zipChunks } from '../../../simulator/native/zip-chunks.js'
import { powerpoint } from '../../../simulator/powerpoint.js'
import { word } from '../../../simulator/word.js'

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 256)

describe('the simulator’s SpookyHash (WOPI.md §13.3)', () => {
  it.each([
    ['nothing', new Uint8Array(), '1909f56bfc062723c751e8b465ee728b'],
    ['a', strToU8('a'), 'bdc9bba09181101a922a4161f0584275'],
    ['foobar', strToU8('foobar'), '99deed03a557c0869a62374ee28f1765'],
    ['Blob1', strToU8('Blob1'), '263e3d4ab04078778b956e7205465f9a'],
    ['SampleTextVersion-1', strToU8('SampleTextVersion-1'), '3a9496869b75d81464b865f8cfb6d03e'],
    ['SampleTextVersion-2', strToU8('SampleTextVersion-2'), 'c67844763b3bcbf8919b8d9d60b1ea9e'],
    ['Alt_SampleTextVersion-1', strToU8('Alt_SampleTextVersion-1'), 'b142116c1a021547b9c0440303e9a0c5'],
    ['191 bytes', counting(191), '2f46bbb5033a047138b693a8d00a7dfe'],
    ['192 bytes', counting(192), '541aa3b2943fd102d3858d75db93a30e'],
    ['1000 bytes', counting(1000), 'bed8b27244b5fbe067f8617e862e0ffc'],
  ])('has the published hash of %s', (_what, bytes, hash) => {
    expect(Buffer.from(spookyHash(bytes)).toString('hex')).toBe(hash)
  })

  it('names a chunk in base64, wherever its bytes lie', () => {
    const inside = new Uint8Array([9, 9, 9, ...strToU8('foobar')]).subarray(3)
    expect(chunkIdOf(inside)).toBe('md7tA6VXwIaaYjdO4o8XZQ==')
  })
})

describe('the simulator’s frames (WOPI.md §13.2)', () => {
  const sample = strToU8('SampleTextVersion-1')
  const message = {
    ContentProperties: [],
    Signatures: [
      {
        ChunkingScheme: 'FullFile',
        StreamId: 'MainContent',
        ChunkSignatures: [{ ChunkId: 'OpSWhpt12BRkuGX4z7bQPg==', Length: 19 }],
      },
    ],
  }

  it('are the worked example, byte by byte', () => {
    const hex = Buffer.from(
      writeFrames({ message, chunks: new Map([[chunkIdOf(sample), sample]]) }),
    ).toString('hex')
    expect(hex).toHaveLength(2 * 248)
    expect(hex.slice(0, 32)).toBe('000000020000000000000000000000a5')
    expect(hex.slice(2 * (16 + 165))).toBe(
      '00000003000000100000000000000013' +
        '3a9496869b75d81464b865f8cfb6d03e' +
        '53616d706c655465787456657273696f6e2d31' +
        '00000001000000000000000000000000',
    )
  })

  it('come back as they were written', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })
    fc.assert(
      fc.property(fc.jsonValue(), contents, (said, list) => {
        const chunks = new Map(list.map((bytes) => [chunkIdOf(bytes), bytes]))
        const read = readFrames(writeFrames({ message: said, chunks }))
        expect(JSON.stringify(read.message)).toBe(JSON.stringify(said))
        expect([...read.chunks].map(([id, bytes]) => [id, [...bytes]])).toEqual(
          [...chunks].map(([id, bytes]) => [id, [...bytes]]),
        )
      }),
    )
  })

  const whole = Buffer.from(writeFrames({ message, chunks: new Map([[chunkIdOf(sample), sample]]) }))
  const endFrame = whole.subarray(-16)
  const chunkFrame = whole.subarray(16 + 165, -16)
  const messageFrame = whole.subarray(0, 16 + 165)
  it.each([
    ['nothing', [], 'ends before its end frame'],
    ['no end', [messageFrame, chunkFrame], 'ends before its end frame'],
    ['half a frame', [messageFrame, chunkFrame.subarray(0, 40)], 'ends inside a frame'],
    ['no message', [endFrame], 'no message'],
    ['two messages', [messageFrame, messageFrame, endFrame], 'not the first'],
    ['a chunk before the message', [chunkFrame, messageFrame, endFrame], 'not the first'],
    ['a chunk twice', [messageFrame, chunkFrame, chunkFrame, endFrame], 'twice'],
    ['an unknown frame', [messageFrame, Buffer.alloc(16), endFrame], 'no frame type 0'],
  ])('are refused with %s', (_what, frames, complaint) => {
    expect(() => readFrames(Buffer.concat(frames))).toThrow(complaint)
  })

  it('end at the end frame, whatever follows', () => {
    expect(readFrames(Buffer.concat([whole, Buffer.from('more')])).chunks.size).toBe(1)
  })
})

describe('the simulator’s chunks of a document (WOPI.md §13.4)', () => {
  const deck = powerpoint.blank('Chunks')

  it('are two for each part of the package, and its directory', () => {
    const chunks = zipChunks(deck) ?? []
    const parts = new TextDecoder('latin1').decode(deck).split('PK\u0001\u0002').length - 1
    expect(parts).toBeGreaterThan(8)
    expect(chunks).toHaveLength(2 * parts + 1)
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(deck))
    expect(Buffer.from(chunks.at(-1) ?? []).toString('latin1', 0, 4)).toBe('PK\u0001\u0002')
  })

  it('make the document again, whatever it is', () => {
    const archive = fc
      .dictionary(fc.string({ minLength: 1, maxLength: 12 }), fc.uint8Array({ maxLength: 200 }), {
        maxKeys: 5,
      })
      .map((entries) => zipSync(entries))
    fc.assert(
      fc.property(fc.oneof(archive, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        expect(Buffer.from(joined(chunked(bytes)))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('have no chunk for an entry without content', () => {
    expect(zipChunks(zipSync({ empty: [new Uint8Array(), { level: 0 }] }))).toHaveLength(2)
  })

  it.each([
    ['text', strToU8('SampleTextVersion-1')],
    ['nothing', new Uint8Array()],
    ['a cut package', deck.subarray(0, -10)],
    ['a package with something before it', Buffer.concat([Buffer.from('front'), deck])],
    ['a package with something behind it', Buffer.concat([deck, Buffer.from('behind')])],
  ])('are one whole for %s', (_what, bytes) => {
    const { scheme, signature } = chunked(bytes)
    expect(scheme).toBe('FullFile')
    expect(signature).toEqual([{ ChunkId: chunkIdOf(bytes), Length: bytes.length }])
  })

  it('stay the same ones where the document has not changed', () => {
    const before = chunked(word.blank('Chunks'))
    const document = word.open(word.blank('Chunks'))
    document.append('§alice#1 one more line')
    const after = chunked(document.toBytes())
    expect(chunked(document.toBytes(), before.chunks)).toEqual(after)
    // Header and content of the one part that changed, and the directory that tells its length.
    expect(unknownTo(before.chunks, after.chunks).size).toBe(3)
  })

  it('cannot be put together when one is missing or of another length', () => {
    const { signature, chunks } = chunked(deck)
    expect(() => joined({ signature, chunks: new Map() })).toThrow('no bytes')
    const wrong = signature.map((chunk) => ({ ...chunk, Length: chunk.Length + 1 }))
    expect(() => joined({ signature: wrong, chunks })).toThrow('instead of')
  })
})
