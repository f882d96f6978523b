import { ByteReader } from './byte-reader.js'
import { type ChunkId, chunkIdFrom } from './chunk-id.js'
import { FrameError } from './frame-error.js'
import { decodeFrameHeader, EXTENDED_HEADER_BYTES, FRAME_HEADER_BYTES } from './frame-format.js'
import { type FrameKind, frameKind, RANGE_FLAGS, RANGE_OFFSETS, readSize } from './frame-format.js'
import { Payload } from './frame-payload.js'

export interface MessageFrame {
  readonly kind: 'message'
  /** Parsed JSON of any shape. */
  readonly value: unknown
}

export interface ChunkFrame {
  readonly kind: 'chunk'
  readonly id: ChunkId
  readonly length: number
  /** All bytes of the chunk. Its loop throws a FrameError at the end when they do not hash to the id. */
  readonly payload: AsyncIterable<Buffer>
}

export interface RangeFrame {
  readonly kind: 'range'
  readonly id: ChunkId
  readonly offset: number
  readonly length: number
  readonly containsEnd: boolean
  readonly payload: AsyncIterable<Buffer>
}

export type Frame = MessageFrame | ChunkFrame | RangeFrame

/**
 * What a body consists of:
 * - `message`: MessageJSON, EndFrame (asking GetChunkedFile and GetChunks)
 * - `message-and-chunks`: MessageJSON, Chunk frames, EndFrame (answers of GetChunkedFile, PutChunkedFile)
 * - `message-and-ranges`: MessageJSON, ChunkRange frames, EndFrame (answers of GetChunks)
 * - `chunks`: Chunk frames and nothing else (what an upload session collected)
 */
export type FrameLayout = 'message' | 'message-and-chunks' | 'message-and-ranges' | 'chunks'

export interface FrameLimits {
  /** Bytes of the MessageJSON payload; it is the one payload that is held in memory. */
  readonly messageBytes: number
  /** Bytes of one Chunk or ChunkRange payload. */
  readonly chunkBytes: number
  /** Chunk or ChunkRange frames. */
  readonly chunks: number
  /** Bytes of the whole body, with what may follow EndFrame. */
  readonly bodyBytes: number
}

const ALLOWED: Readonly<Record<FrameLayout, readonly FrameKind[]>> = {
  message: ['end'],
  'message-and-chunks': ['chunk', 'end'],
  'message-and-ranges': ['range', 'end'],
  chunks: ['chunk'],
}

/**
 * The frames of a body, in order and checked (WOPI.md §13.2). A payload must be read before the next frame is asked for;
 * what is left of it by then is skipped, but still checked. What follows EndFrame is read and ignored.
 * @throws FrameError; and whatever reading `source` throws
 */
export async function* readFrames(
  source: AsyncIterable<Buffer>,
  layout: FrameLayout,
  limits: FrameLimits,
): AsyncGenerator<Frame, void, undefined> {
  const bytes = new ByteReader(source, limits.bodyBytes)
  const seen = new Set<ChunkId>()
  let count = 0
  try {
    if (layout !== 'chunks') yield await readMessage(bytes, limits)
    for (;;) {
      const header = await nextHeader(bytes, layout)
      if (header === undefined) return
      const { kind, payloadBytes } = header
      if (kind === 'end') break
      if (++count > limits.chunks) {
        throw new FrameError('too-many-chunks', `there are more than ${limits.chunks} chunk frames`)
      }
      if (payloadBytes > limits.chunkBytes) {
        throw new FrameError('chunk-too-long', `a chunk frame is longer than ${limits.chunkBytes} bytes`)
      }
      const extended = await bytes.exactly(EXTENDED_HEADER_BYTES[kind])
      const id = chunkIdFrom(extended.subarray(0, EXTENDED_HEADER_BYTES.chunk))
      if (kind === 'chunk') {
        if (seen.has(id)) throw new FrameError('chunk-repeated', `chunk ${id} is sent twice`)
        seen.add(id)
        const payload = Payload.ofChunk(bytes, payloadBytes, id)
        yield { kind, id, length: payloadBytes, payload }
        await payload.skip()
      } else {
        const payload = Payload.ofRange(bytes, payloadBytes)
        yield { kind, id, ...rangeIn(extended, payloadBytes), payload }
        await payload.skip()
      }
    }
    await bytes.skipRest()
  } finally {
    await bytes.close()
  }
}

async function readMessage(bytes: ByteReader, { messageBytes }: FrameLimits): Promise<MessageFrame> {
  if (await bytes.atEnd()) throw new FrameError('message-missing', 'the body is empty')
  const { kind, payloadBytes } = await readHeader(bytes)
  if (kind !== 'message') {
    throw new FrameError('message-missing', `the first frame is of the kind ${kind}, not MessageJSON`)
  }
  if (payloadBytes === 0) throw new FrameError('message-empty', 'the MessageJSON frame is empty')
  if (payloadBytes > messageBytes) {
    throw new FrameError('message-too-long', `the MessageJSON frame is longer than ${messageBytes} bytes`)
  }
  return { kind, value: parseJson(await bytes.exactly(payloadBytes)) }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new FrameError('message-not-json', 'the MessageJSON frame is not JSON in UTF-8')
  }
}

interface FrameHeader {
  readonly kind: FrameKind
  readonly payloadBytes: number
}

type LaterHeader = FrameHeader & { readonly kind: Exclude<FrameKind, 'message'> }

/** @returns undefined at the end of what needs no EndFrame */
async function nextHeader(bytes: ByteReader, layout: FrameLayout): Promise<LaterHeader | undefined> {
  if (await bytes.atEnd()) {
    if (layout === 'chunks') return undefined
    throw new FrameError('end-missing', 'the body ends without an EndFrame')
  }
  const header = await readHeader(bytes)
  const { kind } = header
  if (kind === 'message' && layout !== 'chunks') {
    throw new FrameError('message-repeated', 'there is a second MessageJSON frame')
  }
  if (kind === 'message' || !ALLOWED[layout].includes(kind)) {
    throw new FrameError('frame-unexpected', `a frame of the kind ${kind} does not belong here`)
  }
  return { ...header, kind }
}

async function readHeader(bytes: ByteReader): Promise<FrameHeader> {
  const { type, extendedHeaderBytes, payloadBytes } = decodeFrameHeader(
    await bytes.exactly(FRAME_HEADER_BYTES),
  )
  const kind = frameKind(type)
  if (kind === undefined) throw new FrameError('frame-type-unknown', `there is no frame of type ${type}`)
  const expected = EXTENDED_HEADER_BYTES[kind]
  if (extendedHeaderBytes !== expected) {
    const message = `the extended header of a ${kind} frame has ${extendedHeaderBytes} bytes, not ${expected}`
    throw new FrameError('frame-header-size-wrong', message)
  }
  if (kind === 'end' && payloadBytes !== 0) {
    throw new FrameError('frame-payload-size-wrong', 'the EndFrame has a payload')
  }
  return { kind, payloadBytes }
}

function rangeIn(
  extended: Buffer,
  payloadBytes: number,
): Pick<RangeFrame, 'offset' | 'length' | 'containsEnd'> {
  const offset = readSize(extended, RANGE_OFFSETS.offset)
  const length = readSize(extended, RANGE_OFFSETS.length)
  const flags = extended.readUInt32BE(RANGE_OFFSETS.flags)
  if (length !== payloadBytes || !Number.isSafeInteger(offset)) {
    const message = `a range of ${length} bytes at ${offset} came with ${payloadBytes} bytes`
    throw new FrameError('frame-payload-size-wrong', message)
  }
  if (flags !== RANGE_FLAGS.middle && flags !== RANGE_FLAGS.end) {
    throw new FrameError('range-flags-unknown', `a range has the unknown flags ${flags}`)
  }
  return { offset, length, containsEnd: flags === RANGE_FLAGS.end }
}
