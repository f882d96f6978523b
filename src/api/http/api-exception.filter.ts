import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isUnavailable } from '../../database/unavailable.js'
import { Answer, writeAnswer } from '../../http/answer.js'
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
  NameTaken,
  NoSuchContainer,
  NoSuchFile,
  StorageBusy,
  StorageFailed,
  StorageFull,
} from '../../storage/storage-errors.js'
import { API_PROBLEMS, ApiProblem } from './api-problem.js'
import { RefusalReport } from './refusal-report.js'

/** The REST face of every error: RFC 9457 problem details, and the reason in the log. */
@Catch()
export class ApiExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly refusals: RefusalReport,
    private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<IncomingMessage>()
    const response = http.getResponse<ServerResponse>()
    const problem = asProblem(thrown)
    const facts = {
      event: 'api-refused',
      status: problem.status,
      code: problem.code,
      // The caller is told what a caller can act on, the operator what really happened.
      reason: problem.status >= 500 && thrown instanceof Error ? thrown.message : problem.detail,
      method: request.method,
      path: request.url?.split('?', 1)[0]?.slice(0, 300),
      correlationId: correlationId(request),
    }
    if (problem.code === 'internal-error') {
      this.logger.error(
        { ...facts, stack: thrown instanceof Error ? thrown.stack : String(thrown) },
        'a call failed',
      )
    } else this.logger.warn(facts, 'a call was refused')
    this.refusals.of(request, problem)
    if (response.headersSent || request.socket.destroyed) response.destroy()
    else writeAnswer(response, problemAnswer(problem, facts.correlationId, request))
  }
}

function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  const fault = codingFault(error)
  if (fault) return ofFault(fault)
  if (error instanceof SignedOut) return new ApiProblem('not-signed-in', 'This browser was signed out.')
  if (error instanceof BodyTooLarge) return new ApiProblem('body-too-large', `${error.message}.`)
  if (error instanceof BodyIncomplete) return new ApiProblem('incomplete-body', `${error.message}.`)
  if (error instanceof InvalidName) return new ApiProblem('invalid-name', `${error.message}.`)
  if (error instanceof NameTaken) return new ApiProblem('name-taken', `${error.message}.`)
  if (error instanceof NoSuchContainer) return new ApiProblem('not-found', `${error.message}.`)
  if (error instanceof NoSuchFile) return new ApiProblem('not-found', `${error.message}.`)
  if (error instanceof TooManyDownloads)
    return new ApiProblem('too-many-downloads', `${capital(error.message)}; read or end some of them.`)
  if (error instanceof StorageBusy)
    return new ApiProblem('storage-busy', `Nothing was stored: ${error.message}. Try again in a few seconds.`)
  if (error instanceof ContentDamaged)
    return new ApiProblem('content-damaged', 'The stored bytes are missing or not what was saved.')
  if (error instanceof StorageFull)
    return new ApiProblem('storage-failed', 'The disk is full; nothing was stored.')
  if (error instanceof StorageFailed)
    return new ApiProblem('storage-failed', 'The disk is failing; nothing was stored; see the log.')
  if (error instanceof HttpException) return ofHttpException(error)
  if (error instanceof IssuerAway)
    return new ApiProblem(
      'identity-provider-away',
      'The identity provider does not answer, so nobody can be recognised by a bearer token. Try again in a few seconds.',
    )
  if (isUnavailable(error)) return new ApiProblem('unavailable', 'Try again in a few seconds.')
  return new ApiProblem(
    'internal-error',
    'Something went wrong inside Tandem; the log has it under the correlation id.',
  )
}

function ofFault(fault: CodingFault): ApiProblem {
  const detail = `${capital(fault.message)}.`
  if (fault instanceof GrowingBody) return new ApiProblem('body-too-large', detail)
  if (fault instanceof UndecodableBody) return new ApiProblem('incomplete-body', detail)
  if (fault.what === 'range') return new ApiProblem('invalid-request', detail)
  return new ApiProblem('coding-unsupported', detail)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function ofHttpException(error: HttpException): ApiProblem {
  switch (error.getStatus()) {
    case 401:
      return new ApiProblem(
        'not-signed-in',
        'A valid bearer token, or a browser that is signed in, is required.',
      )
    case 403:
      return new ApiProblem('not-allowed', 'The caller may not do this.')
    case 404:
      return new ApiProblem('not-found', 'There is nothing at this address.')
    default:
      return new ApiProblem('invalid-request', error.message)
  }
}

function problemAnswer(problem: ApiProblem, id: string, request: IncomingMessage): Answer {
  const { code, status, detail, extra } = problem
  const body = {
    type: `urn:tandem:${code}`,
    title: API_PROBLEMS[code][1],
    status,
    detail,
    correlationId: id,
    ...extra,
  }
  return new Answer(
    status,
    {
      'Content-Type': 'application/problem+json',
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(status === 415 ? { 'Accept-Encoding': CODINGS } : {}),
      ...(status === 503 ? { 'Retry-After': '5' } : {}),
      // An unread body would be taken for the next request.
      ...(request.complete ? {} : { Connection: 'close' }),
    },
    JSON.stringify(body),
  )
}
