import { type ChunkId, rawChunkId } from './chunk-id.js'
import { encodeFrameHeader, EXTENDED_HEADER_BYTES, FRAME_HEADER_BYTES } from './frame-format.js'
import { RANGE_FLAGS, RANGE_OFFSETS, writeSize } from './frame-format.js'

type Bytes = Iterable<Buffer> | AsyncIterable<Buffer>

export interface OutgoingMessage {
  readonly kind: 'message'
  readonly json: Buffer
}

export interface OutgoingChunk {
  readonly kind: 'chunk'
  readonly id: ChunkId
  readonly length: number
  readonly payload: Bytes
}

export interface OutgoingRange {
  readonly kind: 'range'
  readonly id: ChunkId
  readonly offset: number
  readonly length: number
  readonly containsEnd: boolean
  readonly payload: Bytes
}

export type OutgoingFrame = OutgoingMessage | OutgoingChunk | OutgoingRange

export function messageFrame(value: object): OutgoingMessage {
  return { kind: 'message', json: Buffer.from(JSON.stringify(value)) }
}

/**
 * The bytes of a body: these frames and an EndFrame. Whoever reads decides the pace: a frame, and each piece of its
 * payload, is asked for when the one before was taken.
 * @throws Error when a payload has another length than its frame says; the body is spoilt then
 */
export async function* writeFrames(
  frames: Iterable<OutgoingFrame> | AsyncIterable<OutgoingFrame>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const frame of frames) {
    yield headerOf(frame)
    if (frame.kind === 'message') yield frame.json
    else yield* exactly(frame.length, frame.payload)
  }
  yield encodeFrameHeader('end', 0)
}

/** How many bytes `writeFrames` gives for these frames: the Content-Length. */
export function sizeOfFrames(frames: Iterable<OutgoingFrame>): number {
  let size = FRAME_HEADER_BYTES
  for (const frame of frames) {
    size += FRAME_HEADER_BYTES + EXTENDED_HEADER_BYTES[frame.kind] + payloadBytes(frame)
  }
  return size
}

function payloadBytes(frame: OutgoingFrame): number {
  return frame.kind === 'message' ? frame.json.length : frame.length
}

function headerOf(frame: OutgoingFrame): Buffer {
  const header = encodeFrameHeader(frame.kind, payloadBytes(frame))
  if (frame.kind === 'message') return header
  rawChunkId(frame.id).copy(header, FRAME_HEADER_BYTES)
  if (frame.kind === 'range') {
    const extended = header.subarray(FRAME_HEADER_BYTES)
    writeSize(extended, frame.offset, RANGE_OFFSETS.offset)
    writeSize(extended, frame.length, RANGE_OFFSETS.length)
    extended.writeUInt32BE(frame.containsEnd ? RANGE_FLAGS.end : RANGE_FLAGS.middle, RANGE_OFFSETS.flags)
  }
  return header
}

async function* exactly(size: number, payload: Bytes): AsyncGenerator<Buffer, void, undefined> {
  let given = 0
  for await (const piece of payload) {
    given += piece.length
    if (given > size) break
    if (piece.length > 0) yield piece
  }
  if (given !== size) throw new Error(`a frame of ${size} bytes was given ${given > size ? 'more' : given}`)
}
