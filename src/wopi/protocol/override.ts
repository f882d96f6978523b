import type { IncomingMessage } from 'node:http'
import { WopiError } from './wopi-error.js'

/** The operation that a POST names in X-WOPI-Override, or why it names none (WOPI.md §2.1). */
export function overrideOf(request: IncomingMessage): string | WopiError {
  const override = request.headers['x-wopi-override'] as string | undefined
  if (override?.includes(','))
    return new WopiError('header-repeated', 'X-WOPI-Override was sent more than once')
  if (override === undefined || override === '')
    return new WopiError('header-missing', 'X-WOPI-Override is required')
  return override
}

/** Marks of PutChunkedFile, whose body is no document (WOPI.md §13.7). */
const CHUNKED = ['x-wopi-sequencenumber', 'x-wopi-coauthlockid']

/**
 * The same below /contents, where a POST without X-WOPI-Override can only be a save: its bytes are not refused for a
 * header that some proxies and clients leave out.
 */
export function overrideOfContents(request: IncomingMessage): string | WopiError {
  const { headers } = request
  if (headers['x-wopi-override'] || CHUNKED.some((name) => headers[name])) return overrideOf(request)
  return 'PUT'
}

export function unknownOperation(override: string): WopiError {
  return new WopiError('operation-unknown', `the operation ${override} is not supported here`)
}

/** What the path ends in, such as `contents`; for a resource itself that is its id. */
export function lastSegment({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  return path.slice(path.lastIndexOf('/') + 1)
}
