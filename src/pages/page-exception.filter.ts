import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isUnavailable } from '../database/unavailable.js'
import { Answer, writeAnswer } from '../http/answer.js'
import { correlationId } from '../http/correlation-id.js'
import { Logger } from '../logging/logger.js'
import { SignInNeeded } from './page-session.guard.js'
import { Pages } from './pages.js'
import { returnPath } from './return-path.js'

/** What a page says instead, when a person cannot have it. */
@Catch()
export class PageExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly pages: Pages,
    private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<IncomingMessage>()
    const response = http.getResponse<ServerResponse>()
    if (response.headersSent || request.socket.destroyed) response.destroy()
    else {
      const { status, headers, body } = this.answer(error, request)
      const again = status === 503 ? { 'Retry-After': '5' } : {}
      writeAnswer(response, new Answer(status, { ...headers, ...again }, body))
    }
  }

  private answer(error: unknown, request: IncomingMessage): Answer {
    if (error instanceof SignInNeeded) {
      const to = encodeURIComponent(returnPath(request.url))
      return new Answer(303, { Location: `${this.pages.base}/sign-in?to=${to}` })
    }
    const away = isUnavailable(error)
    const id = correlationId(request)
    const facts = {
      event: 'page-failed',
      correlationId: id,
      path: request.url?.split('?', 1)[0]?.slice(0, 300),
    }
    const stack = error instanceof Error ? error.stack : String(error)
    if (away) this.logger.warn({ ...facts, error: String(error) }, 'a page could not be shown')
    else this.logger.error({ ...facts, stack }, 'a page could not be shown')
    return away
      ? this.pages.message(
          503,
          'Tandem is not available',
          'Its database cannot answer now. Try again in a minute.',
        )
      : this.pages.message(500, 'Something went wrong', `Tell your administrator this number: ${id}`)
  }
}
