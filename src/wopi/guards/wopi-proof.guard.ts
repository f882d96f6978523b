import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { correlationId } from '../../http/correlation-id.js'
import { Logger } from '../../logging/logger.js'
import { presentedToken } from '../../permission/tokens/presented-token.js'
import type { WopiCall } from '../protocol/operation.js'
import { ProofCheck } from './proof-check.js'

/**
 * The question before all others: does an editor ask, or somebody who got hold of its token? The proof covers token,
 * URL and time, and neither headers nor body: those are TLS's to protect (RELIABILITY-SECURITY.md P-05).
 */
@Injectable()
export class WopiProofGuard implements CanActivate {
  constructor(
    private readonly proofs: ProofCheck,
    private readonly logger: Logger,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.proofs.isAsked) return true
    const request = context.switchToHttp().getRequest<WopiCall>()
    const token = presentedToken(request)
    // Without one token nothing can have been signed, and the next guard refuses with 401.
    if (token === undefined || !this.proofs.isNeeded(token)) return true
    const { editor, combination } = await this.proofs.require(request, token)
    request.isProven = true
    const facts = { event: 'proof-matched', editor: editor.setting.name, combination }
    this.logger.debug(
      { ...facts, correlationId: correlationId(request) },
      'a WOPI call proved where it comes from',
    )
    return true
  }
}
