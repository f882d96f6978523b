import { FrameError } from '../../src/incremental/frame-error.js'
import {
  type FrameLayout,
  type FrameLimits,
  type MessageFrame,
  type RangeFrame,
  readFrames,
} from '../../src/incremental/frame-reader.js'
import type { ChunkId } from '../../src/incremental/chunk-id.js'
import { type OutgoingFrame, writeFrames } from '../../src/incremental/frame-writer.js'

export const LIMITS: FrameLimits = {
  messageBytes: 64 * 1024,
  chunkBytes: 1024 ** 2,
  chunks: 1000,
  bodyBytes: 16 * 1024 ** 2,
}

/** A frame that was read, with its payload at hand. */
export type ReadFrame =
  | MessageFrame
  | { readonly kind: 'chunk'; readonly id: ChunkId; readonly bytes: Buffer }
  | ({ readonly bytes: Buffer } & Omit<RangeFrame, 'payload' | 'length'>)

/** The bytes, cut at these places, each piece a turn of the event loop's queue later. */
export async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0
  for (const cut of [...cuts.filter((one) => one < bytes.length).sort((a, b) => a - b), bytes.length]) {
    yield await Promise.resolve(bytes.subarray(from, cut))
    from = cut
  }
}

export async function readAll(
  source: AsyncIterable<Buffer>,
  layout: FrameLayout,
  limits: Partial<FrameLimits> = {},
): Promise<ReadFrame[]> {
  const frames: ReadFrame[] = []
  for await (const frame of readFrames(source, layout, { ...LIMITS, ...limits })) {
    if (frame.kind === 'message') {
      frames.push(frame)
      continue
    }
    const pieces: Buffer[] = []
    for await (const piece of frame.payload) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    if (bytes.length !== frame.length) throw new Error('the payload has another length than its frame says')
    if (frame.kind === 'chunk') frames.push({ kind: 'chunk', id: frame.id, bytes })
    else
      frames.push({
        kind: 'range',
        id: frame.id,
        offset: frame.offset,
        containsEnd: frame.containsEnd,
        bytes,
      })
  }
  return frames
}

/** What came of reading; any other error than a refusal is thrown. */
export async function readOrRefusal(
  source: AsyncIterable<Buffer>,
  layout: FrameLayout,
  limits: Partial<FrameLimits> = {},
): Promise<ReadFrame[] | string> {
  try {
    return await readAll(source, layout, limits)
  } catch (error) {
    if (error instanceof FrameError) return error.code
    throw error
  }
}

export async function written(frames: readonly OutgoingFrame[]): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of writeFrames(frames)) pieces.push(piece)
  return Buffer.concat(pieces)
}
