import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { CoauthLockService } from '../../lock/coauth-lock.service.js'
import type { CoauthLockType } from '../../lock/coauth-lock.statements.js'
import type { Authorization } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { coauthRefusedAnswer, coauthTableAnswer } from './coauth-answer.js'
import { coauthMetadata } from './coauth-metadata.js'
import type { TokenRequest } from '../protocol/operation.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header, requiredLockId, requiredTimeout } from '../protocol/wopi-headers.js'
import { SelfAuthorizedOperation } from './self-authorized-operation.js'

/** WOPI.md §12.3: takes a coauth lock, or changes the one with the same id. */
@Injectable()
export class GetCoauthLock extends SelfAuthorizedOperation {
  readonly name = 'GetCoauthLock'
  readonly needs = 'edit'
  readonly extension = 'plus'

  constructor(
    private readonly coauthLocks: CoauthLockService,
    private readonly presenceReporter: PresenceReporter,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected async perform(request: TokenRequest, by: Authorization): Promise<Answer | undefined> {
    const asked = {
      lockId: requiredLockId(request, 'X-WOPI-CoauthLockId'),
      type: typeIn(request),
      lifetimeMs: requiredTimeout(request, 'X-WOPI-CoauthLockExpirationTimeout'),
      metadata: await coauthMetadata(request),
    }
    const outcome = await this.coauthLocks.get(request.params.id, asked, by)
    if (!outcome) return undefined
    if (!outcome.granted) return coauthRefusedAnswer(outcome.refusal)
    const { lifetimeMs } = asked
    this.presenceReporter.noteOf(request, outcome.holder, { kind: 'coauth-locked', lifetimeMs })
    return coauthTableAnswer(outcome.table)
  }
}

function typeIn(request: TokenRequest): CoauthLockType {
  const type = header(request, 'X-WOPI-CoauthLockType')
  if (type === undefined) throw new WopiError('header-missing', 'X-WOPI-CoauthLockType is required')
  if (type !== 'Coauth' && type !== 'CoauthExclusive') {
    throw new WopiError('header-invalid', 'X-WOPI-CoauthLockType is neither Coauth nor CoauthExclusive')
  }
  return type
}
