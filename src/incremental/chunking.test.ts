import { open, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { unzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { newExcelWorkbook } from '../../simulator/office/excel-workbook.js'
import { appendMarkedLine } from '../../simulator/office/office-document.js'
import { newPowerpointDeck } from '../../simulator/office/powerpoint-deck.js'
import { newWordDocument, wordFormat } from '../../simulator/office/word-document.js'
import { type MadeEntry, makeZip, type ZipOptions } from '../../test/incremental/zip-maker.js'
import { bufferSource, type ByteSource, fileSource } from './byte-source.js'
import { chunkIdOf, EMPTY_CHUNK_ID } from './chunk-id.js'
import { zipPartition } from './zip-partition.js'
import { type ChunkedStream, chunkStream, MISSING_STREAM, partition } from './chunking.js'

const OFFICE: readonly (readonly [string, Buffer])[] = [
  ['Word', Buffer.from(newWordDocument('Minutes'))],
  ['Excel', Buffer.from(newExcelWorkbook('Budget'))],
  ['PowerPoint', Buffer.from(newPowerpointDeck('Pitch'))],
]

const text = (content: string): Buffer => Buffer.from(content)
const A: MadeEntry = { name: 'a.xml', payload: text('payload of a') }
const B: MadeEntry = { name: 'folder/b.xml', payload: text('another payload') }

describe('chunking (WOPI.md §13.4)', () => {
  it.each([
    ['text', text('SampleTextVersion-1')],
    ['a single byte', text('P')],
    [
      'an encrypted Office file',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2000, 3)]),
    ],
    ['a zip that breaks off', makeZip([A, B]).bytes.subarray(0, -30)],
    ['the first header of a zip', text('PK\x03\x04')],
  ])('§13.4: FullFile for %s: one chunk', async (_title, bytes) => {
    expect(await chunkStream(bufferSource(bytes))).toEqual({
      scheme: 'FullFile',
      chunks: [{ id: chunkIdOf(bytes), offset: 0, length: bytes.length }],
    })
  })

  it('§13.4: no bytes at all are one chunk of length 0', async () => {
    expect(await chunkStream(bufferSource(Buffer.alloc(0)))).toEqual({
      scheme: 'FullFile',
      chunks: [{ id: EMPTY_CHUNK_ID, offset: 0, length: 0 }],
    })
  })

  it('§13.4: a stream that does not exist is Zip without chunks', () => {
    expect(MISSING_STREAM).toEqual({ scheme: 'Zip', chunks: [] })
  })

  it.each(OFFICE)(
    '§13.4: Zip for a package of %s: 2k+1 chunks, a header and a payload for each entry',
    async (_, bytes) => {
      const { scheme, chunks } = await chunkStream(bufferSource(bytes))
      const entries = Object.keys(unzipSync(bytes)).length
      expect(scheme).toBe('Zip')
      expect(chunks).toHaveLength(2 * entries + 1)
      expect(concatenated(bytes, { scheme, chunks })).toEqual(bytes)
      for (const [index, { offset }] of chunks.slice(0, -1).entries()) {
        if (index % 2 === 0) expect(bytes.toString('latin1', offset, offset + 4)).toBe('PK\x03\x04')
      }
      expect(bytes.toString('latin1', chunks.at(-1)?.offset).slice(0, 4)).toBe('PK\x01\x02')
    },
  )

  it('§13.4: after an edit most chunks of a package are the same', async () => {
    const before = Buffer.from(newWordDocument('Minutes'))
    const after = Buffer.from(appendMarkedLine(before, '§ a line', wordFormat))
    const [old, young] = [await chunkStream(bufferSource(before)), await chunkStream(bufferSource(after))]
    const known = new Set(old.chunks.map(({ id }) => id))
    // The header, the payload of the main part and the central directory.
    expect(young.chunks.filter(({ id }) => !known.has(id)).length).toBeLessThanOrEqual(3)
  })

  it('§13.4: the same chunk may occur several times', async () => {
    const twin = { name: 'same', payload: text('same') }
    const { bytes, lengths } = makeZip([twin, A, twin])
    const { chunks } = await chunkStream(bufferSource(bytes))
    expect(chunks.map(({ length }) => length)).toEqual(lengths)
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(5)
  })

  const LAWFUL: readonly [title: string, entries: MadeEntry[], options?: ZipOptions][] = [
    ['an archive without entries', []],
    ['one entry', [A]],
    ['padding in the extra field', [{ ...A, extra: Buffer.alloc(500) }, B]],
    [
      'data descriptors, which go with the payload',
      [
        { ...A, descriptor: true },
        { ...B, descriptor: true },
      ],
    ],
    [
      'gaps, which go with the payload before',
      [
        { ...A, gap: Buffer.alloc(7, 1) },
        { ...B, gap: Buffer.alloc(100) },
      ],
    ],
    ['an empty entry, which has no second chunk', [{ name: 'folder/', payload: Buffer.alloc(0) }, A]],
    ['an empty entry with a descriptor', [{ name: 'x', payload: Buffer.alloc(0), descriptor: true }, A]],
    ['a comment', [A, B], { comment: text('a comment') }],
    ['the longest comment', [A, B], { comment: Buffer.alloc(0xffff, 0x20) }],
    [
      'a comment with what looks like an end record',
      [A, B],
      { comment: Buffer.concat([text('PK\x05\x06'), Buffer.alloc(40, 1)]) },
    ],
    ['a directory in another order than the entries', [A, B, { ...A, name: 'c' }], { reversed: true }],
    ['zip64', [A, B], { zip64: true }],
    [
      'zip64 with descriptors, gaps, padding and a comment',
      [
        { ...A, descriptor: true, gap: text('gap') },
        { ...B, extra: Buffer.alloc(9) },
      ],
      { zip64: true, comment: text('c') },
    ],
  ]
  it.each(LAWFUL)('§13.4: Zip for %s', async (_title, entries, options = {}) => {
    const { bytes, lengths } = makeZip(entries, options)
    const { scheme, chunks } = await chunkStream(bufferSource(bytes))
    expect({ scheme, lengths: chunks.map(({ length }) => length) }).toEqual({ scheme: 'Zip', lengths })
    expect(concatenated(bytes, { scheme, chunks })).toEqual(bytes)
  })

  const plain = makeZip([A, B])
  const UNLAWFUL: readonly [title: string, bytes: Buffer, reason: string][] = [
    [
      'something before the first entry',
      Buffer.concat([text('MZ stub'), plain.bytes]),
      'something else than headers',
    ],
    [
      'something that no entry owns before the first entry',
      makeZip([A, B], { prefix: text('MZ stub') }).bytes,
      'before its first entry',
    ],
    [
      'something after the end record',
      Buffer.concat([plain.bytes, text('!')]),
      'no end of central directory',
    ],
    ['entries that overlap', makeZip([A, { ...B, lie: { offset: 10 } }]).bytes, 'overlap'],
    ['two entries in one place', makeZip([A, { ...B, lie: { offset: 0 } }]).bytes, 'overlap'],
    ['an entry beyond the file', makeZip([A, { ...B, lie: { offset: 0x7ffffff0 } }]).bytes, 'overlap'],
    [
      'an entry inside the directory',
      makeZip([A, { ...B, lie: { offset: plain.bytes.length - 30 } }]).bytes,
      'overlap',
    ],
    ['an entry where no header is', makeZip([A, { ...B, lie: { offset: 48 } }]).bytes, 'no local header'],
    [
      'a payload longer than there is room',
      makeZip([{ ...A, descriptor: true, lie: { compressedBytes: 13 + 16 } }, B]).bytes,
      'overlap',
    ],
    [
      'a size unlike that in the local header',
      makeZip([{ ...A, lie: { compressedBytes: 11 } }, B]).bytes,
      'two sizes',
    ],
    [
      'a 64-bit offset of 2^63',
      makeZip([A, { ...B, lie: { offset: 2 ** 63 } }], { zip64: true }).bytes,
      'overlap',
    ],
    ['one entry fewer than the directory has', patched(plain.bytes, -12, 1, -14, 1), 'another size'],
    ['one entry more than the directory has', patched(plain.bytes, -12, 3, -14, 3), 'breaks off'],
    ['a directory that reaches behind its end', patched(plain.bytes, -10, 0x7fff), 'beyond its end record'],
    ['a zip64 locator that points at itself', pointedAtItself(), 'points behind itself'],
    ['several disks', patched(plain.bytes, -18, 1), 'several disks'],
    ['65,535 entries without a zip64 record', patched(plain.bytes, -12, 0xffff), 'no zip64 locator'],
    [
      'a comment that is longer than it says',
      makeZip([A], { comment: text('four') }).bytes.subarray(0, -1),
      'no end of central directory',
    ],
    [
      'nothing but an end record that points elsewhere',
      patched(makeZip([]).bytes, -6, 5),
      'beyond its end record',
    ],
  ]
  it.each(UNLAWFUL)('§13.4: falls back to FullFile for %s', async (_title, bytes, reason) => {
    await expect(zipPartition(bufferSource(bytes))).rejects.toThrow(reason)
    expect(await partition(bufferSource(bytes))).toEqual({ scheme: 'FullFile', lengths: [bytes.length] })
  })

  it('§13.4: Zip for as many entries as a signature may have', async () => {
    const names = Array.from({ length: 30_000 }, (_, index) => 'x'.repeat(1 + (index % 90)))
    const { bytes, lengths } = makeZip(names.map((name) => ({ name, payload: text('y') })))
    expect(await partition(bufferSource(bytes))).toEqual({ scheme: 'Zip', lengths })
  })

  it('§13.4: does not take a failing disk for something else than a zip', async () => {
    const { bytes } = makeZip([A, B])
    const read = (): Promise<Buffer> => Promise.reject(new Error('the disk fails'))
    await expect(partition({ size: bytes.length, read })).rejects.toThrow('the disk fails')
  })

  it('§13.4: falls back to FullFile for more entries than a signature should have', async () => {
    const many = Array.from({ length: 30_001 }, (): MadeEntry => ({ name: 'x', payload: text('y') }))
    const source = bufferSource(makeZip(many).bytes)
    expect((await partition(source)).scheme).toBe('FullFile')
  })

  it('§13.4: concatenated chunks are the stream, for whatever fflate zips', async () => {
    const files = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,4})?$/),
      fc.uint8Array({ maxLength: 2000 }),
      { maxKeys: 12 },
    )
    const level = fc.constantFrom(0 as const, 6 as const)
    await fc.assert(
      fc.asyncProperty(files, level, async (parts, how) => {
        const bytes = Buffer.from(zipSync(parts, { level: how }))
        const stream = await chunkStream(bufferSource(bytes))
        expect(stream.scheme).toBe('Zip')
        expect(concatenated(bytes, stream).equals(bytes)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('§13.4: concatenated chunks are the stream, however an archive was spoilt', async () => {
    const samples = [
      ...OFFICE.map(([, bytes]) => bytes),
      ...LAWFUL.map(([, entries, options]) => makeZip(entries, options).bytes),
    ]
    const place = fc.double({ min: 0, max: 1, noNaN: true })
    const value = fc.constantFrom(0, 1, 2, 30, 46, 255, 0x4b50, 0xffff, 0xffffffff, 0x80000000)
    // The end of an archive is where most can be spoilt.
    const near = fc.tuple(fc.nat(120), value)
    const far = fc.tuple(place, value)
    const cut = fc.option(place, { freq: 5 })
    const schemes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(near, { maxLength: 2 }),
        fc.array(far, { maxLength: 2 }),
        cut,
        async (sample, nears, fars, end) => {
          const bytes = Buffer.from(
            end === null ? sample : sample.subarray(0, Math.ceil(end * sample.length)),
          )
          for (const [fromEnd, number] of nears) write(bytes, bytes.length - fromEnd, number)
          for (const [where, number] of fars) write(bytes, Math.floor(where * bytes.length), number)
          const stream = await chunkStream(bufferSource(bytes))
          schemes.add(stream.scheme)
          expect(concatenated(bytes, stream).equals(bytes)).toBe(true)
          if (bytes.length > 0) expect(stream.chunks.every(({ length }) => length > 0)).toBe(true)
        },
      ),
      { numRuns: 3000 },
    )
    expect([...schemes].sort()).toEqual(['FullFile', 'Zip'])
  })

  it('reads a file as it reads a buffer', async () => {
    const [, bytes] = OFFICE[2] ?? ['', Buffer.alloc(0)]
    const path = join(tmpdir(), `chunking-${randomUUID()}`)
    await writeFile(path, bytes)
    const file = await open(path)
    try {
      expect(await chunkStream(fileSource(file, bytes.length))).toEqual(
        await chunkStream(bufferSource(bytes)),
      )
      await expect(fileSource(file, bytes.length + 1).read(0, bytes.length + 1)).rejects.toThrow('ends after')
    } finally {
      await file.close()
      await unlink(path)
    }
  })

  it('§13.4: cuts an archive of 6 GB by reading its directory and headers only', async () => {
    const payload = 6 * 1024 ** 3
    const { source, read } = hugeZip(payload)
    expect(await partition(source)).toEqual({
      scheme: 'Zip',
      lengths: [LOCAL_BYTES, payload, 30 + 'b'.length + 28, 1, expect.any(Number)],
    })
    expect(read()).toBeLessThan(300_000)
  })

  it('does not hold a large stream in memory', async () => {
    const size = 256 * 1024 ** 2
    const piece = Buffer.alloc(1024 ** 2)
    const zeros: ByteSource = { size, read: (_, length) => Promise.resolve(piece.subarray(0, length)) }
    const before = process.memoryUsage().rss
    const { chunks } = await chunkStream(zeros)
    expect(chunks).toHaveLength(1)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2)
  })
})

const LOCAL_BYTES = 30 + 'a'.length + 28

/** A zip64 archive with a first payload of so many zeros, which exists only as far as it is read. */
function hugeZip(payload: number): { source: ByteSource; read: () => number } {
  const small = makeZip(
    [
      { name: 'a', payload: Buffer.alloc(0) },
      { name: 'b', payload: text('!') },
    ],
    { zip64: true },
  ).bytes
  const [head, tail] = [small.subarray(0, LOCAL_BYTES), Buffer.from(small.subarray(LOCAL_BYTES))]
  const directory = tail.indexOf('PK\x01\x02')
  const second = tail.indexOf('PK\x01\x02', directory + 1)
  const end64 = tail.indexOf('PK\x06\x06')
  // The sizes of the first entry, the offset of the second, and where directory and zip64 record lie.
  for (const at of [directory + 46 + 1 + 12, directory + 46 + 1 + 20])
    tail.writeBigUInt64LE(BigInt(payload), at)
  for (const at of [second + 46 + 1 + 28, end64 + 48, end64 + 64]) {
    tail.writeBigUInt64LE(tail.readBigUInt64LE(at) + BigInt(payload), at)
  }
  const size = head.length + payload + tail.length
  let read = 0
  const source: ByteSource = {
    size,
    read: (offset, length) => {
      read += length
      const bytes = Buffer.alloc(length)
      head.copy(bytes, 0, Math.min(offset, head.length))
      const tailAt = head.length + payload - offset
      if (tailAt < length) tail.copy(bytes, Math.max(0, tailAt), Math.max(0, -tailAt))
      return Promise.resolve(bytes)
    },
  }
  return { source, read: () => read }
}

function concatenated(bytes: Buffer, { chunks }: ChunkedStream): Buffer {
  let end = 0
  const pieces = chunks.map(({ id, offset, length }) => {
    expect(offset).toBe(end)
    end = offset + length
    const piece = bytes.subarray(offset, end)
    expect(chunkIdOf(piece)).toBe(id)
    return piece
  })
  return Buffer.concat(pieces)
}

/** 16-bit numbers written at places counted from the end. */
function patched(bytes: Buffer, ...changes: readonly number[]): Buffer {
  const copy = Buffer.from(bytes)
  for (let index = 0; index < changes.length; index += 2)
    copy.writeUInt16LE(changes[index + 1] ?? 0, copy.length + (changes[index] ?? 0))
  return copy
}

function pointedAtItself(): Buffer {
  const { bytes } = makeZip([A], { zip64: true })
  const locator = bytes.length - 22 - 20
  bytes.writeBigUInt64LE(BigInt(locator), locator + 8)
  return bytes
}

function write(bytes: Buffer, at: number, value: number): void {
  if (at >= 0 && at + 4 <= bytes.length) bytes.writeUInt32LE(value, at)
}
