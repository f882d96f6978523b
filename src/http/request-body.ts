import type { IncomingMessage } from 'node:http'
import { codingsOf, decoded, UnreadableForm } from './content-coding.js'

/**
 * The body, chunk by chunk, without its content codings. Leaving the loop early keeps the connection, so that a refusal
 * can still be answered.
 * @throws UnreadableForm at once, before anything is read; while it is read: UndecodableBody, GrowingBody
 */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  requireWhole(request)
  const codings = codingsOf(request)
  const body = {
    [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>,
  }
  return codings.length === 0 ? body : decoded(body, codings)
}

/** Stored as it comes, a part of a document would be a broken one. */
function requireWhole({ headers }: IncomingMessage): void {
  if (headers['content-range'] !== undefined)
    throw new UnreadableForm('a part of a document cannot be stored: Content-Range', 'range')
}

/**
 * The same for a body that people's tools send, which may wrap the document in a form. An editor's body is the document,
 * whatever it calls itself (WOPI.md §2.3).
 */
export function uploadOf(request: IncomingMessage): AsyncIterable<Buffer> {
  if (request.headers['content-type']?.toLowerCase().startsWith('multipart/form-data'))
    throw new UnreadableForm('the body must be the document itself, and no multipart/form-data', 'media-type')
  return bodyOf(request)
}

/**
 * What the client announced that the body has without its codings; undefined for a chunked body, and for a coded one.
 * Node has refused a malformed header already.
 */
export function contentLength(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length']
  return length === undefined || codingsOf(request).length > 0 ? undefined : Number(length)
}
