import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { departureOf } from './departure.js'
import { transliterated } from './transliteration.js'

/** A body that comes in pieces, as `Downloads` makes them. */
export class LongBody {
  constructor(
    readonly pieces: AsyncIterable<Buffer>,
    /** To be called when the last of it was sent, or nobody wants it any more. */
    readonly ended: () => void,
  ) {}
}

/** A whole HTTP answer, ready to be written as it is. */
export class Answer {
  constructor(
    readonly status: number,
    readonly headers: OutgoingHttpHeaders = {},
    readonly body?: Buffer | string | LongBody,
    /** Needed when `body` comes in pieces. */
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
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const

const ALWAYS_SAID = Object.entries(ALWAYS)

export function writeAnswer(response: ServerResponse, { status, headers, body, length }: Answer): void {
  if (headers['Connection'] === 'close') lingerAfterwards(response)
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    const size = body === undefined ? 0 : Buffer.byteLength(body)
    response.writeHead(status, flat(headers, size))
    response.end(body)
    return
  }
  response.writeHead(status, flat(headers, length))
  sendPieces(response, body).catch((error: unknown) => {
    // A body that breaks off ends in a cut connection, never in a short answer that looks whole.
    response.destroy(error instanceof Error ? error : undefined)
  })
}

/** Names and values in turn, as Node writes them fastest; what an answer says itself goes before what all say. */
function flat(headers: OutgoingHttpHeaders, length: number | undefined): OutgoingHttpHeader[] {
  const all: OutgoingHttpHeader[] = []
  for (const [name, value] of ALWAYS_SAID) if (headers[name] === undefined) all.push(name, value)
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) all.push(name, value)
  }
  if (length !== undefined) all.push('Content-Length', length)
  return all
}

/**
 * The next piece is asked for only when the kernel has this one: it may come in the same buffer. The pieces are always
 * begun, even for a client that is gone: they close their file at their end.
 */
async function sendPieces(response: ServerResponse, { pieces, ended }: LongBody): Promise<void> {
  const { socket } = response.req
  // Node does not call a write back whose connection is gone.
  const departure = departureOf(socket)
  try {
    for await (const piece of pieces) {
      if (response.destroyed || socket.destroyed) return
      await Promise.race([written(response, piece), departure.gone])
    }
    response.end()
  } finally {
    departure.forget()
    ended()
  }
}

function written(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/**
 * Lets the client read a refusal while it still sends its body. Node would destroy the socket with bytes unread, the
 * kernel answers that with a reset, and the reset overtakes the answer: behind nginx every second 413 became a 502.
 */
export function lingerAfterwards({ socket }: ServerResponse): void {
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

/** The longest text that a header carries. */
const MAX_CHARACTERS = 500
const MAX_OF_A_NAME = 80

/**
 * Free text as a header value: Node throws at control and non-Latin-1 characters (RELIABILITY-SECURITY.md H-04), and
 * people read some of them.
 */
export function headerText(text: string): string {
  return transliterated(text.slice(0, MAX_CHARACTERS), '_').slice(0, MAX_CHARACTERS)
}

/** Somebody's name. @param otherwise where nothing of it can be said in ASCII, such as their id */
export function nameInHeader(name: string, otherwise: string): string {
  const spelt = transliterated(name.slice(0, MAX_CHARACTERS), '').replace(/ +/g, ' ').trim()
  return (/[A-Za-z0-9]/.test(spelt) ? spelt : headerText(otherwise)).slice(0, MAX_OF_A_NAME)
}
