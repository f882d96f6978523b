import { request } from 'undici'

const MAX_MS = 10_000
const MAX_BYTES = 1024 * 1024

export interface Wanted {
  /** A media type, or several. */
  readonly accept: string
  /** For the whole, from looking up the name to the last byte. */
  readonly longestMs?: number
}

/** Who was asked answered, and not with what was asked for. */
export class AnsweredOtherwise extends Error {
  constructor(readonly status: number) {
    super(`it answered ${status}`)
  }
}

/**
 * Whatever Tandem fetches and reads into memory comes through here: a megabyte and ten seconds at most, so that one byte
 * a second ends as well (S-07). Redirects are not followed: whoever answers one could lead us to any address inside the
 * network (S-02). Nothing is unpacked: a megabyte of gzip is a gigabyte of zeros.
 * @throws Error with a reason in words
 */
export async function boundedAnswer(url: string, wanted: Wanted): Promise<Buffer> {
  const { longestMs = MAX_MS } = wanted
  const signal = AbortSignal.timeout(longestMs)
  try {
    return await bytesOf(url, wanted.accept, signal)
  } catch (error) {
    if (signal.aborted) throw new Error(`it did not answer within ${longestMs / 1000} s`, { cause: error })
    throw error
  }
}

async function bytesOf(url: string, accept: string, signal: AbortSignal): Promise<Buffer> {
  const { statusCode, headers, body } = await request(url, {
    headers: { Accept: accept, 'User-Agent': 'Tandem' },
    // Some calls a day need no connection kept.
    reset: true,
    signal,
  })
  try {
    if (statusCode !== 200) throw new AnsweredOtherwise(statusCode)
    const coding = headers['content-encoding'] ?? 'identity'
    if (coding !== 'identity') throw new Error(`its answer is packed (${String(coding)}), unasked`)
    const pieces: Buffer[] = []
    let size = 0
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > MAX_BYTES) throw new Error(`its answer is over ${MAX_BYTES / 1024 ** 2} MB`)
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  } finally {
    // Whatever was not read ends with the connection; that it does is no error, and nobody else would hear it.
    body.on('error', () => undefined).destroy()
  }
}
