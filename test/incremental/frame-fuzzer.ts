import { chunkIdOf } from '../../src/incremental/chunk-id.js'
import { FRAME_ERRORS, FrameError } from '../../src/incremental/frame-error.js'
import { type FrameLayout, type FrameLimits, readFrames } from '../../src/incremental/frame-reader.js'
import { messageFrame, type OutgoingFrame } from '../../src/incremental/frame-writer.js'
import type { Random } from '../linearizability/random.js'
import { written } from './frame-kit.js'

const LAYOUTS: readonly FrameLayout[] = ['message', 'message-and-chunks', 'message-and-ranges', 'chunks']

/** Small enough that every one of them is met. */
const LIMITS: FrameLimits = { messageBytes: 400, chunkBytes: 300, chunks: 3, bodyBytes: 1200 }

const SIZES = [0, 1, 2, 3, 4, 15, 16, 17, 36, 255, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff]

/** Any outcome but these is a fault: a proper end, a code of FrameError. */
export type FuzzOutcome = 'read' | keyof typeof FRAME_ERRORS

/**
 * One run: a proper body is spoilt in a few places, cut into pieces anywhere, and read in a layout that may not be its
 * own. Half of the payloads are skipped.
 * @throws Error when reading ends in anything but frames or a FrameError, or gives more bytes than came in
 */
export class FrameFuzzer {
  private constructor(
    private readonly bodies: readonly (readonly [FrameLayout, Buffer])[],
    private readonly random: Random,
  ) {}

  static async create(random: Random): Promise<FrameFuzzer> {
    const bodies: [FrameLayout, Buffer][] = []
    for (let count = 0; count < 200; count++) {
      const layout = random.oneOf(LAYOUTS)
      bodies.push([layout, await properBody(layout, random)])
    }
    return new FrameFuzzer(bodies, random)
  }

  async run(): Promise<FuzzOutcome> {
    const { random } = this
    const [own, body] = random.oneOf(this.bodies)
    const bytes = spoil(body, random)
    const layout = random.chance(0.9) ? own : random.oneOf(LAYOUTS)
    const [outcome, given] = await readThrough(new Pieces(bytes, random), layout, random.chance(0.5))
    if (given > bytes.length) throw new Error(`${given} bytes came out of ${bytes.length}`)
    return outcome
  }
}

/** What this process has worked so far: a busy machine must not look like a hang. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function readThrough(
  source: AsyncIterable<Buffer>,
  layout: FrameLayout,
  skips: boolean,
): Promise<[FuzzOutcome, number]> {
  let given = 0
  try {
    for await (const frame of readFrames(source, layout, LIMITS)) {
      if (frame.kind === 'message' || skips) continue
      for await (const piece of frame.payload) given += piece.length
    }
    return ['read', given]
  } catch (error) {
    if (error instanceof FrameError) return [error.code, given]
    throw error
  }
}

/** Cut into about four pieces; an iterator of its own, because a generator would take half of the fuzzer's time. */
class Pieces implements AsyncIterable<Buffer>, AsyncIterator<Buffer> {
  #at = 0

  constructor(
    private readonly bytes: Buffer,
    private readonly random: Random,
  ) {}

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Buffer>> {
    if (this.#at >= this.bytes.length) return Promise.resolve({ done: true, value: undefined })
    const from = this.#at
    this.#at += Math.floor(this.random.between(0, this.bytes.length / 2 + 2))
    return Promise.resolve({ done: false, value: this.bytes.subarray(from, this.#at) })
  }
}

function spoil(body: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(body)
  for (let times = Math.floor(random.between(0, 4)); times > 0; times--) bytes = spoilOnce(bytes, random)
  return bytes
}

function spoilOnce(bytes: Buffer, random: Random): Buffer {
  const place = (): number => Math.floor(random.between(0, bytes.length + 1))
  const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number]
  // Most of a body is payload, where little can go wrong: every second time a field near a frame's beginning is hit.
  const field = random.chance(0.5) ? 4 * Math.floor(random.between(0, 9)) : place()
  switch (Math.floor(random.between(0, 8))) {
    case 0:
      return bytes.subarray(0, from)
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
    case 3:
      return Buffer.concat([bytes.subarray(from), bytes.subarray(0, from)])
    case 4:
      return Buffer.concat([bytes, bytes.subarray(from, to)])
    case 5:
      if (from < bytes.length) bytes[from] = (bytes[from] ?? 0) ^ (1 << Math.floor(random.between(0, 8)))
      return bytes
    default:
      if (field + 4 <= bytes.length) bytes.writeUInt32BE(random.oneOf(SIZES), field)
      return bytes
  }
}

async function properBody(layout: FrameLayout, random: Random): Promise<Buffer> {
  const message = messageFrame({
    Text: 'x'.repeat(random.between(0, 40)),
    Numbers: [1, null, { deep: [[]] }],
  })
  const payloads = Array.from({ length: random.between(0, 5) }, () => randomBytes(random))
  const frames: OutgoingFrame[] = payloads.map((bytes) => {
    const frame = { id: chunkIdOf(bytes), length: bytes.length, payload: [bytes] }
    if (layout !== 'message-and-ranges') return { kind: 'chunk', ...frame }
    return { kind: 'range', ...frame, offset: 7, containsEnd: random.chance(0.5) }
  })
  // The EndFrame is the last 16 bytes.
  if (layout === 'chunks') return (await written(frames)).subarray(0, -16)
  return written(layout === 'message' ? [message] : [message, ...frames])
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.between(0, 250) }, () => random.between(0, 256)))
}
