import type { IncomingMessage } from 'node:http'
import type { Answer } from '../../http/answer.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import type { FileAccess } from '../../permission/access.service.js'

/** An authenticated WOPI request on a file, as the guards leave it. */
export interface WopiRequest extends IncomingMessage {
  params: { readonly id: string }
  /** Put there by passport: what the genuine token claims. */
  user: AccessTokenClaims
  /** Not there for an operation that judges access itself. */
  access: FileAccess
  operation: Operation
  /** Its proof was asked for, and is right (WOPI.md §14). */
  isProven?: boolean
}

/**
 * What a caller needs to be let in.
 * - `read`: any live right to the file
 * - `edit`: an edit token and the live right to edit
 * - `own`: an edit token and ownership
 * - `save`: decided by the PutFile interceptor, or by PutChunkedFile, which also keep what they refuse
 */
export type Need = 'read' | 'edit' | 'own' | 'save'

/** One WOPI operation on a file, in a file of its own: headers in, rule, answer out. */
export interface Operation {
  readonly name: string
  readonly needs: Need
  /** Asks for the caller's right itself; `request.access` is not there then. */
  readonly judgesAccess?: boolean
  /** Only with `COAUTH_PROFILE=plus`. */
  readonly extension?: 'plus'
  answer(request: WopiRequest): Promise<Answer>
}
