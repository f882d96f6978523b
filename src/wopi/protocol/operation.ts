import type { IncomingMessage } from 'node:http'
import type { Answer } from '../../http/answer.js'
import type { FileId } from '../../ids/ids.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import type { FileAccess } from '../../permission/access.service.js'
import type { IncomingSave, Received } from '../../saving/incoming-save.js'
import type { SaveOutcome } from '../../saving/save-outcome.js'

/** An authenticated WOPI request on a file, as the guards leave it. */
export interface WopiRequest extends IncomingMessage {
  params: { readonly id: FileId }
  /** Put there by passport: what the genuine token claims. */
  user: AccessTokenClaims
  /** Not there for an operation that judges access itself. */
  access: FileAccess
  operation: FileOperation
  /** Its proof was asked for, and is right (WOPI.md §14). */
  isProven?: boolean
}

/**
 * What a caller needs to be let in.
 * - `read`: any live right to the file
 * - `edit`: an edit token and the live right to edit
 * - `own`: an edit token and ownership
 * - `save`: decided by the PutFile interceptor (`saving/save.interceptor.ts`), which also keeps what it refuses
 */
export type Need = 'read' | 'edit' | 'own' | 'save'

/** One WOPI operation on a file, in a file of its own. */
export type FileOperation = Operation | SaveOperation

interface NamedOperation {
  readonly name: string
  /** Asks for the caller's right itself; `request.access` is not there then. */
  readonly judgesAccess?: boolean
  /** Only with `COAUTH_PROFILE=plus`. */
  readonly extension?: 'plus'
}

/** Headers in, rule, answer out. */
export interface Operation extends NamedOperation {
  readonly needs: Exclude<Need, 'save'>
  answer(request: WopiRequest): Promise<Answer>
}

/** One by which bytes become a version: it says how they come in and what is answered, and the interceptor does the rest. */
export interface SaveOperation extends NamedOperation {
  readonly needs: 'save'
  save(request: WopiRequest): WopiSave
}

export type WopiSave = IncomingSave<SaveOutcome, Answer, Received>
