import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { LateLockCalls } from '../../lock/late-lock-calls.js'
import { LockService, type Authorization } from '../../lock/lock.service.js'
import type { LockOutcome } from '../../lock/lock-state.js'
import { AccessService } from '../../permission/access.service.js'
import { unlocksWhatIsFree } from '../protocol/client-family.js'
import { lockAnswer } from './lock-answer.js'
import type { TokenRequest } from '../protocol/operation.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { requiredLockId } from '../protocol/wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/**
 * WOPI.md §7: compare and delete. Whoever knows the id and was let in to edit may release it; locks have no owner. So
 * may one whose right to edit is gone, since a lock must not outlive its editor for that reason (CLIENTS.md pain 8), and
 * a token that has ended less than a day ago: ONLYOFFICE shows the next person its stale copy after an Unlock that
 * failed, and Collabora's next session is read-only until the lock expires. With a wrong id they learn no other.
 */
@Injectable()
export class Unlock extends LockOperation {
  readonly name = 'Unlock'
  readonly needs = 'edit'

  constructor(
    private readonly locks: LockService,
    private readonly late: LateLockCalls,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected async change(request: TokenRequest, by: Authorization): Promise<LockOutcome | undefined> {
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    const outcome = await this.locks.unlock(request.params.id, lockId, by)
    return outcome && orFree(request, outcome)
  }

  protected override async performLate(request: TokenRequest): Promise<Answer | undefined> {
    const { id } = request.params
    const caller = this.accesses.presented(request.user, id)
    const outcome = caller && (await this.late.unlock(id, requiredLockId(request, 'X-WOPI-Lock'), caller))
    const released = outcome && orFree(request, outcome)
    // With a wrong id it is told no more than that its token or right has ended.
    return released?.granted ? lockAnswer(released) : undefined
  }
}

/** For ONLYOFFICE, whose lock may have died before it, a file that nobody has locked is unlocked. */
function orFree(request: TokenRequest, outcome: LockOutcome): LockOutcome {
  if (outcome.granted || outcome.current.kind !== 'none' || !unlocksWhatIsFree(request)) return outcome
  return { granted: true, version: outcome.current.version }
}
