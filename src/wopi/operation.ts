import type { Answer } from '../http/answer.js'
import type { WopiRequest } from './wopi-request.js'

/**
 * What a caller needs to be let in.
 * - `read`: any live right to the file
 * - `edit`: an edit token and the live right to edit
 * - `own`: an edit token and ownership
 * - `unlock`: an edit token, even when the right behind it is gone: a lock must never outlive its editor for that
 *   reason (CLIENTS.md pain 8)
 * - `save`: decided by the PutFile interceptor, which also keeps what it refuses
 */
export type Need = 'read' | 'edit' | 'own' | 'unlock' | 'save'

/** One WOPI operation on a file, in a file of its own: headers in, rule, answer out. */
export interface Operation {
  readonly name: string
  readonly needs: Need
  answer(request: WopiRequest): Promise<Answer>
}
