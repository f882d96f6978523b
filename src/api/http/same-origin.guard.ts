import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { Settings } from '../../config/settings.js'
import type { ApiUser } from '../../auth/api-user.js'
import { ApiProblem } from './api-problem.js'

const HARMLESS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * A browser sends its cookie along with whatever any page makes it ask. So a change that comes by cookie must come from
 * a page of ours: of our origin, and with a header that no form can send and no foreign script may (W-08).
 */
@Injectable()
export class SameOrigin implements CanActivate {
  private readonly origin: string

  constructor({ publicUrl }: Settings) {
    this.origin = new URL(publicUrl).origin
  }

  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<IncomingMessage & { user: ApiUser }>()
    if (request.user.webSession !== undefined && !HARMLESS.has(request.method)) this.require(request)
    return true
  }

  /** @throws ApiProblem when the call comes from anywhere but a page of ours */
  require({ headers }: IncomingMessage): void {
    if (headers.origin === this.origin && headers['x-tandem-page'] !== undefined) return
    throw new ApiProblem(
      'cross-site',
      `From a browser, this is taken only from Tandem's own pages at ${this.origin}.`,
    )
  }
}
