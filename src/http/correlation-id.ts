import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const PLAIN = /^[\x21-\x7e]{1,128}$/
const known = new WeakMap<IncomingMessage, string>()

/** One id per request, through log, version and audit: the editor's own where it sent one (WOPI.md §2.5). */
export function correlationId(request: IncomingMessage): string {
  let id = known.get(request)
  if (id === undefined) {
    const sent = request.headers['x-wopi-correlationid'] ?? request.headers['x-request-id']
    id = typeof sent === 'string' && PLAIN.test(sent) ? sent : randomBytes(12).toString('hex')
    known.set(request, id)
  }
  return id
}
