import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { RefusalAudit, SOMEBODY } from '../../audit/refusal-audit.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { ApiProblem } from './api-problem.js'
import { RefusedRight, RefusedSignIn } from './refused-right.js'

type Refused = IncomingMessage & { readonly user?: ApiUser; readonly route?: { readonly path?: unknown } }

/** Tells the audit of refusals at the REST face: which rights and sign-ins were wanting, and whose. */
@Injectable()
export class RefusalReport {
  constructor(private readonly audit: RefusalAudit) {}

  of(request: Refused, problem: ApiProblem): void {
    const call = callOf(request)
    const about = { reason: problem.code, correlationId: correlationId(request), detail: { call } }
    if (problem instanceof RefusedSignIn) {
      const who = problem.userId ?? SOMEBODY
      this.audit.refused({ ...about, action: 'sign-in-refused', actor: who, objectId: who })
    } else if (problem.code === 'not-signed-in' && request.headers.authorization !== undefined) {
      this.audit.refused({ ...about, action: 'sign-in-refused', actor: SOMEBODY, objectId: SOMEBODY })
    } else if (request.user && problem instanceof RefusedRight) {
      const { objectId } = problem
      this.audit.refused({ ...about, action: 'access-refused', actor: request.user.id, objectId })
    } else if (request.user && problem.code === 'not-allowed') {
      // For the caller's role, before anything was looked for.
      this.audit.refused({ ...about, action: 'access-refused', actor: request.user.id, objectId: call })
    }
  }
}

/** Its pattern, which has no ids in it. */
function callOf({ method = '', route }: Refused): string {
  return `${method} ${typeof route?.path === 'string' ? route.path : '/api/v1'}`
}
