import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SpookyHash, spookyHash } from './spooky-hash.js'

const counting = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 256))

/** Checked against the validator, on both sides of the 192 bytes where the hash changes its form (WOPI.md §13.3). */
const VECTORS: readonly (readonly [title: string, input: Buffer, hex: string, base64: string])[] = [
  ['nothing', Buffer.alloc(0), '1909f56bfc062723c751e8b465ee728b', 'GQn1a/wGJyPHUei0Ze5yiw=='],
  ['a', Buffer.from('a'), 'bdc9bba09181101a922a4161f0584275', 'vcm7oJGBEBqSKkFh8FhCdQ=='],
  ['foobar', Buffer.from('foobar'), '99deed03a557c0869a62374ee28f1765', 'md7tA6VXwIaaYjdO4o8XZQ=='],
  ['Blob1', Buffer.from('Blob1'), '263e3d4ab04078778b956e7205465f9a', 'Jj49SrBAeHeLlW5yBUZfmg=='],
  [
    'SampleTextVersion-1',
    Buffer.from('SampleTextVersion-1'),
    '3a9496869b75d81464b865f8cfb6d03e',
    'OpSWhpt12BRkuGX4z7bQPg==',
  ],
  [
    'SampleTextVersion-2',
    Buffer.from('SampleTextVersion-2'),
    'c67844763b3bcbf8919b8d9d60b1ea9e',
    'xnhEdjs7y/iRm42dYLHqng==',
  ],
  [
    'Alt_SampleTextVersion-1',
    Buffer.from('Alt_SampleTextVersion-1'),
    'b142116c1a021547b9c0440303e9a0c5',
    'sUIRbBoCFUe5wEQDA+mgxQ==',
  ],
  [
    '191 bytes, the longest short one',
    counting(191),
    '2f46bbb5033a047138b693a8d00a7dfe',
    'L0a7tQM6BHE4tpOo0Ap9/g==',
  ],
  [
    '192 bytes, the shortest long one',
    counting(192),
    '541aa3b2943fd102d3858d75db93a30e',
    'VBqjspQ/0QLThY1125OjDg==',
  ],
  ['1000 bytes', counting(1000), 'bed8b27244b5fbe067f8617e862e0ffc', 'vtiyckS1++Bn+GF+hi4P/A=='],
]

describe('SpookyHash', () => {
  it.each(VECTORS)('§13.3: gives the documented id of %s', (_title, input, hex, base64) => {
    expect(spookyHash(input).toString('hex')).toBe(hex)
    expect(spookyHash(input).toString('base64')).toBe(base64)
  })

  it.each(VECTORS)('§13.3: the reference below gives the documented id of %s', (_title, input, hex) => {
    expect(reference(input).toString('hex')).toBe(hex)
  })

  it('§13.3: equals the reference for every length up to 600, wherever the bytes lie in memory', () => {
    const bytes = counting(700)
    for (let length = 0; length <= 600; length++) {
      const piece = bytes.subarray(length % 5, (length % 5) + length)
      expect(spookyHash(piece).toString('hex')).toBe(reference(piece).toString('hex'))
    }
  })

  it('§13.3: equals the reference for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000, size: 'max' }), (bytes) => {
        expect(spookyHash(bytes).toString('hex')).toBe(reference(bytes).toString('hex'))
      }),
      { numRuns: 300 },
    )
  })

  it('§13.3: gives the same id however the bytes arrive', () => {
    const cuts = fc.array(fc.nat(2000), { maxLength: 20 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000, size: 'max' }), cuts, (bytes, at) => {
        const hash = new SpookyHash()
        let from = 0
        for (const cut of [...at, bytes.length]
          .map((one) => Math.min(one, bytes.length))
          .sort((a, b) => a - b)) {
          hash.update(bytes.subarray(from, cut))
          from = cut
        }
        expect(hash.digest()).toEqual(spookyHash(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  it('§13.3: gives the same id byte by byte, beyond the scratch and around the limits', () => {
    for (const length of [0, 1, 95, 96, 97, 191, 192, 193, 287, 288, 289, 128 * 96 + 5, 40_000]) {
      const bytes = counting(length)
      const hash = new SpookyHash()
      for (const byte of bytes) hash.update(Uint8Array.of(byte))
      expect(hash.digest()).toEqual(spookyHash(bytes))
    }
    expect(spookyHash(counting(40_000)).toString('hex')).toBe(reference(counting(40_000)).toString('hex'))
  })

  it('two hashes may be fed in turn', () => {
    const [one, other] = [new SpookyHash(), new SpookyHash()]
    const bytes = counting(5000)
    for (let at = 0; at < bytes.length; at += 100) {
      one.update(bytes.subarray(at, at + 100))
      other.update(bytes.subarray(at, at + 37))
    }
    expect(one.digest()).toEqual(spookyHash(bytes))
    expect(other.digest()).not.toEqual(spookyHash(bytes))
  })
})

const MASK = (1n << 64n) - 1n
const DEADBEEF = 0xdeadbeefdeadbeefn

/** WOPI.md §13.3 word for word, with BigInt. */
function reference(bytes: Uint8Array): Buffer {
  const [hash1, hash2] = bytes.length < 192 ? shortReference(bytes) : longReference(bytes)
  const id = Buffer.alloc(16)
  id.writeBigUInt64LE(hash1, 0)
  id.writeBigUInt64LE(hash2, 8)
  return id
}

function rot(value: bigint, bits: number): bigint {
  return ((value << BigInt(bits)) | (value >> BigInt(64 - bits))) & MASK
}

/** Numbers modulo 2^64 by index, without `undefined`. */
class Lanes {
  readonly #values: bigint[]

  constructor(values: bigint[]) {
    this.#values = values
  }

  get(index: number): bigint {
    return this.#values[index] ?? 0n
  }

  set(index: number, value: bigint): void {
    this.#values[index] = value & MASK
  }

  add(index: number, value: bigint): void {
    this.set(index, this.get(index) + value)
  }
}

function shortReference(bytes: Uint8Array): [bigint, bigint] {
  const view = Buffer.concat([bytes, Buffer.alloc(16)])
  const x = new Lanes([0n, 0n, DEADBEEF, DEADBEEF])
  const mix = (): void => {
    for (const round of [
      [50, 52, 30, 41],
      [54, 48, 38, 37],
      [62, 34, 5, 36],
    ]) {
      round.forEach((k, i) => {
        const t = (i + 2) % 4
        x.set(t, rot(x.get(t), k))
        x.add(t, x.get((i + 3) % 4))
        x.set(i, x.get(i) ^ x.get(t))
      })
    }
  }
  let at = 0
  for (; bytes.length - at >= 32; at += 32) {
    x.add(2, view.readBigUInt64LE(at))
    x.add(3, view.readBigUInt64LE(at + 8))
    mix()
    x.add(0, view.readBigUInt64LE(at + 16))
    x.add(1, view.readBigUInt64LE(at + 24))
  }
  if (bytes.length - at >= 16) {
    x.add(2, view.readBigUInt64LE(at))
    x.add(3, view.readBigUInt64LE(at + 8))
    mix()
    at += 16
  }
  x.add(3, BigInt(bytes.length) << 56n)
  x.add(2, at === bytes.length ? DEADBEEF : view.readBigUInt64LE(at))
  x.add(3, at === bytes.length ? DEADBEEF : view.readBigUInt64LE(at + 8))
  ;[15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63].forEach((k, j) => {
    const p = ((j % 4) + 2) % 4
    const q = ((j % 4) + 3) % 4
    x.set(q, x.get(q) ^ x.get(p))
    x.set(p, rot(x.get(p), k))
    x.add(q, x.get(p))
  })
  return [x.get(0), x.get(1)]
}

function longReference(bytes: Uint8Array): [bigint, bigint] {
  const view = Buffer.from(bytes)
  const h = new Lanes(Array.from({ length: 12 }, (_, i) => (i % 3 === 2 ? DEADBEEF : 0n)))
  let at = 0
  for (; bytes.length - at >= 96; at += 96) {
    ;[11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46].forEach((k, i) => {
      h.add(i, view.readBigUInt64LE(at + 8 * i))
      h.set((i + 2) % 12, h.get((i + 2) % 12) ^ h.get((i + 10) % 12))
      h.set((i + 11) % 12, h.get((i + 11) % 12) ^ h.get(i))
      h.set(i, rot(h.get(i), k))
      h.add((i + 11) % 12, h.get((i + 1) % 12))
    })
  }
  const tail = Buffer.alloc(96)
  view.copy(tail, 0, at)
  tail[95] = bytes.length - at
  for (let i = 0; i < 12; i++) h.add(i, tail.readBigUInt64LE(8 * i))
  for (let round = 0; round < 3; round++) {
    ;[44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54].forEach((k, i) => {
      h.add((i + 11) % 12, h.get((i + 1) % 12))
      h.set((i + 2) % 12, h.get((i + 2) % 12) ^ h.get((i + 11) % 12))
      h.set((i + 1) % 12, rot(h.get((i + 1) % 12), k))
    })
  }
  return [h.get(0), h.get(1)]
}
