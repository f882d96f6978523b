import type { IncomingMessage } from 'node:http'
import type { ClientFamily } from '../coauth-status/application.js'
import { header } from './wopi-headers.js'

/**
 * Collabora and ONLYOFFICE speak of a file's last modification time where Microsoft speaks of its version. Collabora's
 * headers begin with X-COOL-, those of its older builds and of ONLYOFFICE with X-LOOL- (CLIENTS.md §1.1, §1.2).
 */
export function speaksOfTimestamps(request: IncomingMessage): boolean {
  for (const name in request.headers) {
    if (name.startsWith('x-cool-wopi-') || name.startsWith('x-lool-wopi-')) return true
  }
  return isCollabora(request)
}

/** The modification time that the editor's copy is based on; absent when its user chose to overwrite anyway. */
export function baseTimestamp(request: IncomingMessage): string | undefined {
  return header(request, 'X-COOL-WOPI-Timestamp') ?? header(request, 'X-LOOL-WOPI-Timestamp')
}

/** ONLYOFFICE is known by its headers, and by taking the file's id as the lock's (CLIENTS.md §1.2). */
export function clientFamily(request: IncomingMessage & { params: { readonly id: string } }): ClientFamily {
  if (isCollabora(request)) return 'collabora'
  if (request.headers['x-wopi-lock'] === request.params.id) return 'onlyoffice'
  return request.headers['x-lool-wopi-timestamp'] === undefined ? 'microsoft' : 'onlyoffice'
}

/** Whether the save holds a person's changes; undefined where the editor does not say. */
export function modifiedByUser(request: IncomingMessage): boolean | undefined {
  const text =
    header(request, 'X-COOL-WOPI-IsModifiedByUser') ?? header(request, 'X-LOOL-WOPI-IsModifiedByUser')
  return text === undefined ? undefined : text.toLowerCase() === 'true'
}

/** Only Collabora sends the document itself along with RenameFile (CLIENTS.md §1, "The RENAME trap"). */
export function isCollabora(request: IncomingMessage): boolean {
  return (
    /^(COOLWSD|LOOLWSD)\b/.test(request.headers['user-agent'] ?? '') ||
    'x-cool-wopi-serverid' in request.headers
  )
}
