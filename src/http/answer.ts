import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { pipeline, type Readable } from 'node:stream'

/** A whole HTTP answer, ready to be written as it is. */
export class Answer {
  constructor(
    readonly status: number,
    readonly headers: OutgoingHttpHeaders = {},
    readonly body?: Buffer | string | Readable,
    /** Needed when `body` is a stream. */
    readonly length?: number,
  ) {}
}

export function jsonAnswer(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Answer {
  return new Answer(status, { ...headers, 'Content-Type': 'application/json' }, JSON.stringify(value))
}

/** Nothing that Tandem answers may be cached or sniffed; helmet would set the same at five times the cost. */
export const ALWAYS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const

export function writeAnswer(response: ServerResponse, { status, headers, body, length }: Answer): void {
  if (headers['Connection'] === 'close') lingerAfterwards(response)
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    const size = body === undefined ? 0 : Buffer.byteLength(body)
    response.writeHead(status, { ...ALWAYS, ...headers, 'Content-Length': size })
    response.end(body)
    return
  }
  response.writeHead(status, {
    ...ALWAYS,
    ...headers,
    ...(length === undefined ? {} : { 'Content-Length': length }),
  })
  // A body that breaks off ends in a cut connection, never in a short answer that looks whole.
  pipeline(body, response, () => undefined)
}

/**
 * Lets the client read a refusal while it still sends its body. Node would destroy the socket with bytes unread, the
 * kernel answers that with a reset, and the reset overtakes the answer: behind nginx every second 413 became a 502.
 */
function lingerAfterwards({ socket }: ServerResponse): void {
  if (!socket) return
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    socket.once('close', () => {
      clearTimeout(timer)
    })
  }
}

const LINGER_MS = 2000

const UNPRINTABLE = /[^\x20-\x7e]/g

/** Free text as a header value: Node throws at control and non-Latin-1 characters (RELIABILITY-SECURITY.md H-04). */
export function headerText(text: string): string {
  return text.replace(UNPRINTABLE, '?').slice(0, 500)
}
