import type { IncomingMessage } from 'node:http'
import type { Answer } from '../../http/answer.js'
import type { FileId } from '../../ids/ids.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import type { FileAccess } from '../../permission/access.service.js'
import type { IncomingSave, Received } from '../../saving/incoming-save.js'
import type { SaveOutcome } from '../../saving/save-outcome.js'

/** A WOPI request on a file, with a genuine access token. What the token may do here, nobody has asked. */
export interface TokenRequest extends IncomingMessage {
  params: { readonly id: FileId }
  /** Put there by passport: what the genuine token claims. */
  user: AccessTokenClaims
  /** Its proof was asked for, and is right (WOPI.md §14). */
  isProven?: boolean
}

/** The same with its operation, as the guards leave it: that may judge access itself. */
export interface OperationRequest extends TokenRequest {
  operation: FileOperation
  access?: FileAccess
}

/** One whose token may do here what the operation needs. */
export interface WopiRequest extends OperationRequest {
  access: FileAccess
}

/** One that some guard may have refused: nothing that the others have is certain. */
export interface WopiCall
  extends IncomingMessage, Partial<Omit<WopiRequest, keyof IncomingMessage | 'params'>> {
  params?: { readonly id?: FileId }
}

/** @throws Error when no guard asked for the right: a programming error */
export function judged(request: OperationRequest): WopiRequest {
  if (!isJudged(request)) throw new Error(`nobody asked who may do ${request.operation.name}`)
  return request
}

function isJudged(request: OperationRequest): request is WopiRequest {
  return request.access !== undefined
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
export type FileOperation = Operation | SelfJudgingOperation | SaveOperation

interface NamedOperation {
  readonly name: string
  /** Only with `COAUTH_PROFILE=plus`. */
  readonly extension?: 'plus'
}

/** Headers in, rule, answer out. */
export interface Operation extends NamedOperation {
  readonly needs: Exclude<Need, 'save'>
  readonly judgesAccess?: never
  answer(request: WopiRequest): Promise<Answer>
}

/** One that asks for the caller's right itself, and so has no `access` to go by. */
export interface SelfJudgingOperation extends NamedOperation {
  readonly needs: Exclude<Need, 'save'>
  readonly judgesAccess: true
  // No method: of those the compiler would accept one that wants more of the request.
  readonly answer: (request: TokenRequest) => Promise<Answer>
}

/** One by which bytes become a version: it says how they come in and what is answered, and the interceptor does the rest. */
export interface SaveOperation extends NamedOperation {
  readonly needs: 'save'
  readonly judgesAccess?: never
  save(request: WopiRequest): WopiSave
}

export type WopiSave = IncomingSave<SaveOutcome, Answer, Received>
