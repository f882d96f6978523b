import type { IncomingMessage } from 'node:http'
import { bodyOf, contentLength } from '../../http/request-body.js'
import { FrameError } from '../../incremental/frame-error.js'
import { type Frame, type FrameLayout, type FrameLimits, readFrames } from '../../incremental/frame-reader.js'
import {
  InvalidMessage,
  MAX_CHUNKS_OF_STREAM,
  MAX_MESSAGE_BYTES,
  parseMessage,
} from '../../incremental/messages.js'
import type { z } from 'zod'
import { BodyIncomplete } from '../../storage/storage-errors.js'
import { headerText } from '../../http/answer.js'
import { WopiError } from '../protocol/wopi-error.js'

const FRAME_BYTES = 32
const MAX_CHUNKS = 2 * MAX_CHUNKS_OF_STREAM
/** A question that carries no chunks. */
const MAX_QUESTION_BYTES = MAX_MESSAGE_BYTES + 2 * FRAME_BYTES

export function frameLimits(maxFileSizeBytes: number): FrameLimits {
  return {
    messageBytes: MAX_MESSAGE_BYTES,
    chunkBytes: maxFileSizeBytes,
    chunks: MAX_CHUNKS,
    bodyBytes: maxFileSizeBytes + MAX_QUESTION_BYTES + MAX_CHUNKS * FRAME_BYTES,
  }
}

/** The frames of a request's body. @throws WopiError, BodyIncomplete; while they are read also FrameError */
export function framesOf(
  request: IncomingMessage,
  layout: FrameLayout,
  limits: FrameLimits,
): AsyncGenerator<Frame, void, undefined> {
  const announced = contentLength(request) ?? 0
  if (announced > limits.bodyBytes)
    throw new WopiError('body-too-large', `the body is longer than ${limits.bodyBytes} bytes`)
  return readFrames(received(bodyOf(request)), layout, limits)
}

/** The JSON of a body that is nothing but a question. @throws WopiError, BodyIncomplete */
export async function question<S extends z.ZodType>(
  request: IncomingMessage,
  schema: S,
): Promise<z.infer<S>> {
  const limits = { ...frameLimits(0), bodyBytes: MAX_QUESTION_BYTES }
  try {
    let value: unknown
    for await (const frame of framesOf(request, 'message', limits)) {
      if (frame.kind === 'message') value = frame.value
    }
    return parseMessage(schema, value) as z.infer<S>
  } catch (error) {
    const refusal = refusalOf(error)
    // A question that is too long is no question (WOPI.md §13.6).
    if (refusal instanceof WopiError) throw new WopiError('body-invalid', refusal.message, refusal.headers)
    throw refusal
  }
}

/** What a body of frames is refused with; anything else as it is. */
export function refusalOf(error: unknown): unknown {
  const thrown = error instanceof BodyIncomplete && error.cause instanceof FrameError ? error.cause : error
  if (!(thrown instanceof FrameError || thrown instanceof InvalidMessage)) return error
  const isTooLarge = thrown instanceof FrameError && thrown.reason === 'too-large'
  return new WopiError(isTooLarge ? 'body-too-large' : 'body-invalid', thrown.message, {
    'X-WOPI-FailureReason': headerText(thrown.message),
  })
}

// What fails while reading from the client is the client's failure.
async function* received(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* body
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BodyIncomplete(`the body broke off: ${why}`, { cause: error })
  }
}
