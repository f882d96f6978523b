import { endianness } from 'node:os'

/**
 * SpookyHash V2, 128 bit, with seeds 0 and 0 (WOPI.md §13.3): what chunk ids are made of. Not cryptographic: whoever
 * wants two contents with one id can make them.
 *
 * A 64-bit number is two neighbouring 32-bit ones here, the low half first. BigInt is far too slow for large files, and
 * this is fast enough to do without WebAssembly (`bench/chunking.ts`).
 */
export class SpookyHash {
  readonly #state = new Int32Array(2 * LANES)
  /** What is not mixed in yet: less than LONG_FROM bytes, and less than a block once the long form applies. */
  readonly #pending = Buffer.alloc(LONG_FROM)
  #pendingBytes = 0
  #isLong = false

  update(bytes: Uint8Array): this {
    const enough = this.#isLong ? BLOCK : LONG_FROM
    if (this.#pendingBytes + bytes.length < enough) {
      this.#keep(bytes)
      return this
    }
    let at = 0
    if (this.#pendingBytes > 0) {
      at = enough - this.#pendingBytes
      this.#keep(bytes.subarray(0, at))
      this.#mix(this.#pending.subarray(0, enough))
      this.#pendingBytes = 0
    }
    const end = bytes.length - ((bytes.length - at) % BLOCK)
    this.#mix(bytes.subarray(at, end))
    this.#keep(bytes.subarray(end))
    return this
  }

  /** The 16 bytes of a chunk id. Nothing may be added afterwards. */
  digest(): Buffer {
    const rest = this.#pending.subarray(0, this.#pendingBytes)
    const state = this.#isLong ? finishLong(this.#state, rest) : hashShort(rest)
    const id = Buffer.allocUnsafe(ID_BYTES)
    for (let half = 0; half < 4; half++) id.writeInt32LE(at(state, half), 4 * half)
    return id
  }

  #keep(bytes: Uint8Array): void {
    this.#pending.set(bytes, this.#pendingBytes)
    this.#pendingBytes += bytes.length
  }

  #mix(blocks: Uint8Array): void {
    if (!this.#isLong) for (let lane = 2; lane < LANES; lane += 3) add(this.#state, lane, C, C)
    this.#isLong = true
    // Through an aligned scratch, because a Buffer may begin anywhere.
    for (let from = 0; from < blocks.length; from += scratch.length) {
      const piece = blocks.subarray(from, from + scratch.length)
      scratch.set(piece)
      for (let block = 0; block < piece.length; block += BLOCK) mixLong(this.#state, block / 4)
    }
  }
}

/** The 16 bytes of the chunk id of these bytes. */
export function spookyHash(bytes: Uint8Array): Buffer {
  return new SpookyHash().update(bytes).digest()
}

const ID_BYTES = 16
const LANES = 12
const BLOCK = 8 * LANES
/** From this length on the long form applies; a whole number of blocks, on which `update` relies. */
const LONG_FROM = 2 * BLOCK
/** Either half of 0xdeadbeefdeadbeef. */
const C = 0xdeadbeef | 0

const scratch = Buffer.from(new ArrayBuffer(128 * BLOCK))
const words = new Int32Array(scratch.buffer)
// A different byte order would change every id without a sound.
if (endianness() !== 'LE') throw new Error('chunk ids can only be computed on a little-endian machine')

const LONG_MIX = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46]
const LONG_END = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54]
const SHORT_MIX = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36]
const SHORT_END = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63]

/** One block of the scratch, whose first half-word is `from`. */
function mixLong(h: Int32Array, from: number): void {
  for (let i = 0; i < LANES; i++) {
    const last = (i + 11) % LANES
    add(h, i, at(words, from + 2 * i), at(words, from + 2 * i + 1))
    xor(h, (i + 2) % LANES, (i + 10) % LANES)
    xor(h, last, i)
    rotate(h, i, LONG_MIX[i] ?? 0)
    addLane(h, last, (i + 1) % LANES)
  }
}

function finishLong(h: Int32Array, rest: Uint8Array): Int32Array {
  scratch.fill(0, 0, BLOCK).set(rest)
  scratch[BLOCK - 1] = rest.length
  for (let i = 0; i < LANES; i++) add(h, i, at(words, 2 * i), at(words, 2 * i + 1))
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < LANES; i++) {
      const last = (i + 11) % LANES
      const next = (i + 1) % LANES
      addLane(h, last, next)
      xor(h, (i + 2) % LANES, last)
      rotate(h, next, LONG_END[i] ?? 0)
    }
  }
  return h
}

function hashShort(message: Uint8Array): Int32Array {
  // Zeros behind the message, so that its last words can be read whole.
  scratch.fill(0, 0, LONG_FROM + 16).set(message)
  const x = Int32Array.of(0, 0, 0, 0, C, C, C, C)
  let from = 0
  const addNext = (lane: number): void => {
    add(x, lane, at(words, from), at(words, from + 1))
    from += 2
  }
  let left = message.length
  for (; left >= 32; left -= 32) {
    addNext(2)
    addNext(3)
    mixShort(x)
    addNext(0)
    addNext(1)
  }
  if (left >= 16) {
    addNext(2)
    addNext(3)
    mixShort(x)
    left -= 16
  }
  add(x, 3, 0, message.length << 24)
  if (left > 0) {
    addNext(2)
    addNext(3)
  } else {
    add(x, 2, C, C)
    add(x, 3, C, C)
  }
  return finishShort(x)
}

function mixShort(x: Int32Array): void {
  for (let step = 0; step < SHORT_MIX.length; step++) {
    const turned = (step + 2) % 4
    rotate(x, turned, SHORT_MIX[step] ?? 0)
    addLane(x, turned, (step + 3) % 4)
    xor(x, step % 4, turned)
  }
}

function finishShort(x: Int32Array): Int32Array {
  for (let step = 0; step < SHORT_END.length; step++) {
    const p = (step + 2) % 4
    const q = (step + 3) % 4
    xor(x, q, p)
    rotate(x, p, SHORT_END[step] ?? 0)
    addLane(x, q, p)
  }
  return x
}

function at(halves: Int32Array, index: number): number {
  return halves[index] ?? 0
}

function add(x: Int32Array, lane: number, low: number, high: number): void {
  const own = at(x, 2 * lane)
  const sum = (own + low) | 0
  // Without a comparison, whose outcome no processor can predict here: it would cost a third of the speed.
  const carry = ((own & low) | ((own | low) & ~sum)) >>> 31
  x[2 * lane] = sum
  x[2 * lane + 1] = at(x, 2 * lane + 1) + high + carry
}

function addLane(x: Int32Array, lane: number, other: number): void {
  add(x, lane, at(x, 2 * other), at(x, 2 * other + 1))
}

function xor(x: Int32Array, lane: number, other: number): void {
  x[2 * lane] = at(x, 2 * lane) ^ at(x, 2 * other)
  x[2 * lane + 1] = at(x, 2 * lane + 1) ^ at(x, 2 * other + 1)
}

/** To the left, by 1 to 63 bits. */
function rotate(x: Int32Array, lane: number, bits: number): void {
  const low = at(x, 2 * lane)
  const high = at(x, 2 * lane + 1)
  const a = bits < 32 ? low : high
  const b = bits < 32 ? high : low
  // JavaScript shifts by 32 as by 0; 32 bits are just the exchange of the halves.
  x[2 * lane] = bits === 32 ? a : (a << bits) | (b >>> -bits)
  x[2 * lane + 1] = bits === 32 ? b : (b << bits) | (a >>> -bits)
}
