import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { CoauthLockService } from '../../lock/coauth-lock.service.js'
import type { Authorization } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { coauthRefusedAnswer } from './coauth-answer.js'
import type { TokenRequest } from '../protocol/operation.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { requiredLockId } from '../protocol/wopi-headers.js'
import { SelfAuthorizedOperation } from './self-authorized-operation.js'

/**
 * WOPI.md §12.5. As with Unlock, the right to edit may be gone, and the token have ended not long ago: a lock must not
 * outlive its client for that reason.
 */
@Injectable()
export class UnlockCoauthLock extends SelfAuthorizedOperation {
  readonly name = 'UnlockCoauthLock'
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
    const lockId = requiredLockId(request, 'X-WOPI-CoauthLockId')
    const outcome = await this.coauthLocks.unlock(request.params.id, lockId, by)
    if (!outcome) return undefined
    if (!outcome.granted) return coauthRefusedAnswer(outcome.refusal)
    this.presenceReporter.noteOf(request, outcome.holder, { kind: 'coauth-unlocked' })
    return new Answer(200)
  }

  protected override async performLate(request: TokenRequest): Promise<Answer | undefined> {
    const caller = this.accesses.presented(request.user, request.params.id)
    const answer = caller && (await this.perform(request, { ...caller, neededRank: 0 }))
    // As Unlock: whoever has no right any more learns of no lock but their own.
    return answer?.status === 200 ? answer : undefined
  }
}
