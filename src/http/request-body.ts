import type { IncomingMessage } from 'node:http'

/** The body, chunk by chunk. Leaving the loop early keeps the connection, so that a refusal can still be answered. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>,
  }
}

/** What the client announced; undefined for a chunked body. Node has refused a malformed header already. */
export function contentLength(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length']
  return length === undefined ? undefined : Number(length)
}
