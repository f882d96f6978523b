import { Injectable } from '@nestjs/common'
import { RefusalAudit, SOMEBODY } from '../../audit/refusal-audit.js'
import { correlationId } from '../../http/correlation-id.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import type { WopiCall } from './operation.js'
import type { WopiError, WopiErrorCode } from './wopi-error.js'

/** Whose token it was is known. */
const FOR_THE_RIGHT: ReadonlySet<WopiErrorCode> = new Set([
  'token-expired',
  'token-revoked',
  'token-of-other-file',
  'no-right',
  'right-lost',
])
const OF_NOBODY_KNOWN: ReadonlySet<WopiErrorCode> = new Set(['token-invalid', 'proof-invalid'])

/** Tells the audit of WOPI calls that were refused for a token or a right. */
@Injectable()
export class RefusedCalls {
  constructor(private readonly audit: RefusalAudit) {}

  report(request: WopiCall, { code }: WopiError): void {
    const operation = request.operation?.name
    const about = {
      reason: code,
      correlationId: correlationId(request),
      detail: operation ? { operation } : {},
    }
    const claims = request.user as Partial<AccessTokenClaims> | undefined
    if (claims?.userId !== undefined && claims.resourceId !== undefined && FOR_THE_RIGHT.has(code)) {
      // What the token was issued for, not what it was presented for: that may be made up.
      const { userId: actor, resourceId: objectId } = claims
      this.audit.refused({ ...about, action: 'access-refused', actor, objectId })
    } else if (OF_NOBODY_KNOWN.has(code)) {
      this.audit.refused({ ...about, action: 'access-refused', actor: SOMEBODY, objectId: SOMEBODY })
    } else if (code === 'not-signed-in' && request.headers.authorization !== undefined) {
      this.audit.refused({ ...about, action: 'sign-in-refused', actor: SOMEBODY, objectId: SOMEBODY })
    }
  }
}
