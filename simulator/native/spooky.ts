/** SpookyHash V2 with both seeds 0 (WOPI.md §13.3), written as it is described: the server's own is written for speed. */
export function spookyHash(bytes: Uint8Array): Uint8Array {
  const [first, second] = bytes.length < 192 ? hashShort(bytes) : hashLong(bytes)
  const hash = Buffer.alloc(16)
  hash.writeBigUInt64LE(first, 0)
  hash.writeBigUInt64LE(second, 8)
  return hash
}

const filler = 0xdeadbeefdeadbeefn
const shortMixing = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36]
const shortEnding = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63]
const mixing = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46]
const ending = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54]

type Hash = readonly [bigint, bigint]

function hashShort(bytes: Uint8Array): Hash {
  const state = BigUint64Array.of(0n, 0n, filler, filler)
  let at = 0
  for (; at + 32 <= bytes.length; at += 32) {
    const [w0, w1, w2, w3] = words(bytes.subarray(at, at + 32))
    add(state, 2, w0)
    add(state, 3, w1)
    mixShort(state)
    add(state, 0, w2)
    add(state, 1, w3)
  }
  if (bytes.length - at >= 16) {
    const [w0, w1] = words(bytes.subarray(at, at + 16))
    add(state, 2, w0)
    add(state, 3, w1)
    mixShort(state)
    at += 16
  }
  add(state, 3, BigInt(bytes.length) << 56n)
  const [low, high] = at === bytes.length ? [filler, filler] : words(padded(bytes.subarray(at), 16))
  add(state, 2, low)
  add(state, 3, high)
  endShort(state)
  return [word(state, 0), word(state, 1)]
}

function mixShort(state: BigUint64Array): void {
  for (const [step, by] of shortMixing.entries()) {
    const turned = (step + 2) % 4
    rotate(state, turned, by)
    add(state, turned, word(state, (step + 3) % 4))
    xor(state, step % 4, word(state, turned))
  }
}

function endShort(state: BigUint64Array): void {
  for (const [step, by] of shortEnding.entries()) {
    const turned = (step + 2) % 4
    const next = (step + 3) % 4
    xor(state, next, word(state, turned))
    rotate(state, turned, by)
    add(state, next, word(state, turned))
  }
}

function hashLong(bytes: Uint8Array): Hash {
  const state = BigUint64Array.from({ length: 12 }, (_, at) => (at % 3 === 2 ? filler : 0n))
  let at = 0
  for (; at + 96 <= bytes.length; at += 96) mixLong(state, words(bytes.subarray(at, at + 96)))
  const tail = padded(bytes.subarray(at), 96)
  tail.writeUInt8(bytes.length - at, 95)
  for (const [index, value] of words(tail).entries()) add(state, index, value)
  for (let round = 0; round < 3; round += 1) endLong(state)
  return [word(state, 0), word(state, 1)]
}

function mixLong(state: BigUint64Array, data: readonly bigint[]): void {
  for (const [i, by] of mixing.entries()) {
    add(state, i, data[i])
    xor(state, (i + 2) % 12, word(state, (i + 10) % 12))
    xor(state, (i + 11) % 12, word(state, i))
    rotate(state, i, by)
    add(state, (i + 11) % 12, word(state, (i + 1) % 12))
  }
}

function endLong(state: BigUint64Array): void {
  for (const [i, by] of ending.entries()) {
    add(state, (i + 11) % 12, word(state, (i + 1) % 12))
    xor(state, (i + 2) % 12, word(state, (i + 11) % 12))
    rotate(state, (i + 1) % 12, by)
  }
}

function words(bytes: Uint8Array): bigint[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.readBigUInt64LE(index * 8))
}

function padded(bytes: Uint8Array, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  buffer.set(bytes)
  return buffer
}

// A BigUint64Array stores modulo 2^64, as all of this is meant.

function word(state: BigUint64Array, at: number): bigint {
  return state[at] ?? 0n
}

function add(state: BigUint64Array, at: number, value = 0n): void {
  state[at] = word(state, at) + value
}

function xor(state: BigUint64Array, at: number, value: bigint): void {
  state[at] = word(state, at) ^ value
}

function rotate(state: BigUint64Array, at: number, by: number): void {
  const value = word(state, at)
  state[at] = (value << BigInt(by)) | (value >> BigInt(64 - by))
}
