import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import { STATUS_CODES, type ServerResponse } from 'node:http'
import { isUnavailable } from '../database/unavailable.js'
import { Answer, headerText, writeAnswer } from '../http/answer.js'
import { correlationId } from '../http/correlation-id.js'
import { Logger } from '../logging/logger.js'
import { SignedOut } from '../permission/access-token.service.js'
import {
  BodyIncomplete,
  BodyTooLarge,
  InvalidName,
  NoSuchContainer,
  NoSuchFile,
  StorageFailed,
} from '../storage/storage-errors.js'
import { Sightings } from './sightings.js'
import { WopiError } from './wopi-error.js'
import type { WopiRequest } from './operation.js'

/** The WOPI face of every error: its documented status, a reason in the log, and nothing else (WOPI.md §2.6). */
@Catch()
export class WopiExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly sightings: Sightings,
    private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<WopiRequest>()
    const response = http.getResponse<ServerResponse>()
    const error = asWopiError(thrown)
    this.log(request, error, thrown)
    this.sightings.refused(request, error)
    if (response.headersSent || request.socket.destroyed) {
      response.destroy()
      return
    }
    writeAnswer(response, answerOf(error, request))
  }

  private log(request: Partial<WopiRequest> & WopiRequest, error: WopiError, thrown: unknown): void {
    const facts = {
      event: 'wopi-refused',
      status: error.status,
      code: error.code,
      reason: error.message,
      operation: (request.operation as WopiRequest['operation'] | undefined)?.name,
      ...resourceOf(request),
      userId: (request.user as WopiRequest['user'] | undefined)?.userId,
      correlationId: correlationId(request),
    }
    if (error.code === 'internal-error') {
      this.logger.error(
        { ...facts, stack: thrown instanceof Error ? thrown.stack : String(thrown) },
        'a WOPI call failed',
      )
    } else if (error.status >= 500 && error.code !== 'proof-invalid')
      this.logger.error(facts, 'a WOPI call failed')
    else this.logger.warn(facts, 'a WOPI call was refused')
  }
}

// A container's id under a name of its own; the ecosystem has none.
function resourceOf(request: WopiRequest): Record<string, string> {
  const id = (request.params as Partial<WopiRequest['params']>).id?.slice(0, 64)
  if (id === undefined) return {}
  return request.url?.startsWith('/wopi/containers/') ? { containerId: id } : { fileId: id }
}

function asWopiError(error: unknown): WopiError {
  if (error instanceof WopiError) return error
  if (error instanceof BodyTooLarge) return new WopiError('body-too-large', error.message)
  if (error instanceof BodyIncomplete) return new WopiError('body-incomplete', error.message)
  if (error instanceof SignedOut) return new WopiError('token-revoked', 'its user has signed out meanwhile')
  if (error instanceof StorageFailed) return new WopiError('storage-failed', error.message)
  if (error instanceof InvalidName) return new WopiError('name-invalid', error.message)
  if (error instanceof NoSuchContainer) return new WopiError('no-such-container', error.message)
  if (error instanceof NoSuchFile) return new WopiError('no-such-file', error.message)
  if (error instanceof HttpException && error.getStatus() === 404)
    return new WopiError('no-such-file', error.message)
  if (isUnavailable(error))
    return new WopiError('database-unavailable', `the database cannot answer: ${String(error)}`)
  return new WopiError('internal-error', error instanceof Error ? error.message : String(error))
}

function answerOf(error: WopiError, request: WopiRequest): Answer {
  const headers: Record<string, string> = { ...error.headers }
  const mayKnow = error.status === 400 || error.status === 501
  if (mayKnow) headers['X-WOPI-ServerError'] = headerText(error.message)
  if ((request.operation as WopiRequest['operation'] | undefined)?.extension === 'plus') {
    const reason = mayKnow ? error.message : STATUS_CODES[error.status]
    headers['X-WOPI-FailureReason'] = headerText(reason ?? '')
  }
  const reason = isLockCall(request) ? WHY_NO_LOCK.get(error.status) : undefined
  if (reason !== undefined) headers['X-WOPI-LockFailureReason'] = reason
  if (error.code === 'storage-failed') headers['X-WOPI-ServerError'] = 'The storage is full or failing'
  if (error.code === 'database-unavailable') headers['Retry-After'] = '5'
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
function isLockCall({ url, headers }: WopiRequest): boolean {
  return url?.startsWith('/wopi/files/') === true && LOCK_OVERRIDES.has(headers['x-wopi-override'])
}

function hasBody({ headers }: WopiRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
