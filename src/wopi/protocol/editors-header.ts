import type { IncomingMessage } from 'node:http'
import { USER_ID } from '../../auth/api-user.js'

const MAX_EDITORS = 400

/**
 * User ids that the editor says contributed to a save; whatever is not shaped like one is left out (WOPI.md §6.2). Sent
 * twice it is one list, which Node has joined by commas: no save is refused for a record.
 */
export function editorsHeader({ headers }: IncomingMessage): string[] {
  const text = headers['x-wopi-editors']?.toString() ?? ''
  const ids = text.split(',', MAX_EDITORS).map((id) => id.trim())
  return [...new Set(ids.filter((id) => USER_ID.test(id)))]
}
