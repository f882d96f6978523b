import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import { STATUS_CODES, type ServerResponse } from 'node:http'
import { isUnavailable } from '../../database/unavailable.js'
import { Answer, headerText, writeAnswer } from '../../http/answer.js'
import {
  CODINGS,
  codingFault,
  GrowingBody,
  UndecodableBody,
  type CodingFault,
} from '../../http/content-coding.js'
import { correlationId } from '../../http/correlation-id.js'
import { TooManyDownloads } from '../../http/downloads.js'
import { Logger } from '../../logging/logger.js'
import { SignedOut } from '../../permission/tokens/access-token.service.js'
import { IssuerAway } from '../../auth/issuer-away.js'
import {
  BodyIncomplete,
  BodyTooLarge,
  ContentDamaged,
  InvalidName,
  NoSuchContainer,
  NoSuchFile,
  StorageBusy,
  StorageFailed,
  StorageFull,
} from '../../storage/storage-errors.js'
import { RefusedCalls } from './refused-calls.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { WopiError } from './wopi-error.js'
import type { WopiCall } from './operation.js'

/** The WOPI face of every error: its documented status, a reason in the log, and nothing else (WOPI.md §2.6). */
@Catch()
export class WopiExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly presenceReporter: PresenceReporter,
    private readonly refusedCalls: RefusedCalls,
    private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<WopiCall>()
    const response = http.getResponse<ServerResponse>()
    const error = asWopiError(thrown)
    this.log(request, error, thrown)
    this.presenceReporter.refused(request, error)
    this.refusedCalls.report(request, error)
    if (response.headersSent || request.socket.destroyed) {
      response.destroy()
      return
    }
    writeAnswer(response, answerOf(error, request))
  }

  private log(request: WopiCall, error: WopiError, thrown: unknown): void {
    const facts = {
      event: 'wopi-refused',
      status: error.status,
      code: error.code,
      reason: error.message,
      operation: request.operation?.name,
      ...resourceOf(request),
      userId: request.user?.userId,
      correlationId: correlationId(request),
    }
    if (error.code === 'internal-error') {
      this.logger.error(
        { ...facts, stack: thrown instanceof Error ? thrown.stack : String(thrown) },
        'a WOPI call failed',
      )
    } else if (error.status >= 500 && !CALLERS_OWN.has(error.code))
      this.logger.error(facts, 'a WOPI call failed')
    else this.logger.warn(facts, 'a WOPI call was refused')
  }
}

/** Of 500 and more, and nothing that is wrong with the server. */
const CALLERS_OWN: ReadonlySet<string> = new Set(['proof-invalid', 'too-many-downloads'])

// A container's id under a name of its own; the ecosystem has none.
function resourceOf(request: WopiCall): Record<string, string> {
  const id = request.params?.id?.slice(0, 64)
  if (id === undefined) return {}
  return request.url?.startsWith('/wopi/containers/') ? { containerId: id } : { fileId: id }
}

function asWopiError(error: unknown): WopiError {
  if (error instanceof WopiError) return error
  const fault = codingFault(error)
  if (fault) return ofFault(fault)
  if (error instanceof BodyTooLarge) return new WopiError('body-too-large', error.message)
  if (error instanceof BodyIncomplete) return new WopiError('body-incomplete', error.message)
  if (error instanceof SignedOut) return new WopiError('token-revoked', 'its user has signed out meanwhile')
  if (error instanceof StorageBusy) return new WopiError('storage-busy', error.message)
  if (error instanceof TooManyDownloads) return new WopiError('too-many-downloads', error.message)
  if (error instanceof ContentDamaged) {
    const reason = { 'X-WOPI-ServerError': 'The stored content is damaged or missing' }
    return new WopiError('content-damaged', error.message, reason)
  }
  if (error instanceof StorageFull)
    return new WopiError('storage-failed', error.message, { 'X-WOPI-ServerError': 'The storage is full' })
  if (error instanceof StorageFailed)
    return new WopiError('storage-failed', error.message, { 'X-WOPI-ServerError': 'The storage is failing' })
  if (error instanceof InvalidName) return new WopiError('name-invalid', error.message)
  if (error instanceof NoSuchContainer) return new WopiError('no-such-container', error.message)
  if (error instanceof NoSuchFile) return new WopiError('no-such-file', error.message)
  if (error instanceof HttpException && error.getStatus() === 404)
    return new WopiError('no-such-file', error.message)
  if (error instanceof IssuerAway) return new WopiError('identity-provider-away', error.message)
  if (isUnavailable(error))
    return new WopiError('database-unavailable', `the database cannot answer: ${String(error)}`)
  return new WopiError('internal-error', error instanceof Error ? error.message : String(error))
}

/** Refusals for what the client sent, which say nothing about what exists. */
const MAY_KNOW: ReadonlySet<number> = new Set([400, 413, 415, 501])

function ofFault(fault: CodingFault): WopiError {
  if (fault instanceof GrowingBody) return new WopiError('body-too-large', fault.message)
  if (fault instanceof UndecodableBody) return new WopiError('body-incomplete', fault.message)
  if (fault.what === 'range') return new WopiError('header-invalid', fault.message)
  const headers = fault.what === 'coding' ? { 'Accept-Encoding': CODINGS } : undefined
  return new WopiError('coding-unsupported', fault.message, headers)
}

function answerOf(error: WopiError, request: WopiCall): Answer {
  const headers: Record<string, string> = { ...error.headers }
  const mayKnow = MAY_KNOW.has(error.status)
  if (mayKnow) headers['X-WOPI-ServerError'] = headerText(error.message)
  if (request.operation?.extension === 'plus') {
    const reason = mayKnow ? error.message : STATUS_CODES[error.status]
    headers['X-WOPI-FailureReason'] = headerText(reason ?? '')
  }
  const reason = isLockCall(request) ? WHY_NO_LOCK.get(error.status) : undefined
  if (reason !== undefined) headers['X-WOPI-LockFailureReason'] = reason
  if (error.status === 503) headers['Retry-After'] = '5'
  // An unread body would be taken for the next request.
  if (!request.complete && hasBody(request)) headers['Connection'] = 'close'
  return new Answer(error.status, headers)
}

/** Collabora shows it to its user, whoever that is by now: it names no person and no document. */
const WHY_NO_LOCK: ReadonlyMap<number, string> = new Map([
  [401, 'This session has ended. Open the document again'],
  [404, 'The document is not there any more, or may not be edited by you'],
])

const LOCK_OVERRIDES: ReadonlySet<unknown> = new Set(['LOCK', 'REFRESH_LOCK', 'UNLOCK'])

/** Known before the operation is: a token that is not genuine is refused first. */
function isLockCall({ url, headers }: WopiCall): boolean {
  return url?.startsWith('/wopi/files/') === true && LOCK_OVERRIDES.has(headers['x-wopi-override'])
}

function hasBody({ headers }: WopiCall): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
