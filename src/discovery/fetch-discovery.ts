import { request } from 'undici'

const LONGEST_MS = 10_000
const MOST_BYTES = 1024 * 1024

/**
 * Redirects are not followed: whoever answers one could lead us to any address inside the network (S-02). The time
 * counts for the whole, so that one byte a second ends as well (S-07).
 * @throws Error with a reason in words
 */
export async function fetchDiscovery(url: string, longestMs = LONGEST_MS): Promise<Buffer> {
  const signal = AbortSignal.timeout(longestMs)
  try {
    return await fetchBytes(url, signal)
  } catch (error) {
    if (signal.aborted) throw new Error(`it did not answer within ${longestMs / 1000} s`, { cause: error })
    throw error
  }
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<Buffer> {
  const { statusCode, body } = await request(url, {
    headers: { Accept: 'application/xml, text/xml', 'User-Agent': 'Tandem' },
    // One call in 12 hours needs no connection kept.
    reset: true,
    signal,
  })
  try {
    if (statusCode !== 200) throw new Error(`it answered ${statusCode}`)
    const pieces: Buffer[] = []
    let size = 0
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > MOST_BYTES) throw new Error(`its document is over ${MOST_BYTES / 1024 ** 2} MB`)
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  } finally {
    // Whatever was not read ends with the connection; that it does is no error, and nobody else would hear it.
    body.on('error', () => undefined).destroy()
  }
}
