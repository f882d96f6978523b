import type { IncomingMessage } from 'node:http'
import { USER_ID } from '../permission/api-user.js'
import { header } from './wopi-headers.js'

const MOST_EDITORS = 400

/** User ids that the editor says contributed to a save; whatever is not shaped like one is left out (WOPI.md §6.2). */
export function editorsHeader(request: IncomingMessage): string[] {
  const text = header(request, 'X-WOPI-Editors')
  if (text === undefined) return []
  const ids = text.split(',', MOST_EDITORS).map((id) => id.trim())
  return [...new Set(ids.filter((id) => USER_ID.test(id)))]
}
