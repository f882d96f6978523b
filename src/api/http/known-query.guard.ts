import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { ApiProblem } from './api-problem.js'
import { TAKES_QUERY } from './query.js'

/**
 * A call without `CheckedQuery` takes no query parameter. `?force=true` where nothing can be forced, or a filter with a
 * typing error, must not look as if it had been heeded (RELIABILITY-SECURITY.md A-10).
 */
@Injectable()
export class KnownQuery implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): true {
    if (this.reflector.get<boolean | undefined>(TAKES_QUERY, context.getHandler())) return true
    const [unknown] = Object.keys(context.switchToHttp().getRequest<{ query: object }>().query)
    if (unknown === undefined) return true
    throw new ApiProblem('invalid-request', 'This call takes no query parameters.')
  }
}
