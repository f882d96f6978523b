import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import type { Answer } from '../../http/answer.js'
import { LateLockCalls } from '../../lock/late-lock-calls.js'
import { LockService, type Authorization } from '../../lock/lock.service.js'
import type { LockOutcome } from '../../lock/lock-state.js'
import { AccessService } from '../../permission/access.service.js'
import { lockOptions } from './lock-options.js'
import type { TokenRequest } from '../protocol/operation.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { requiredLockId } from '../protocol/wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/** WOPI.md §7: Lock with X-WOPI-OldLock swaps the old id for the new one in one atomic step. */
@Injectable()
export class UnlockAndRelock extends LockOperation {
  readonly name = 'UnlockAndRelock'
  readonly needs = 'edit'

  constructor(
    private readonly locks: LockService,
    private readonly late: LateLockCalls,
    private readonly settings: Settings,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected change(request: TokenRequest, by: Authorization): Promise<LockOutcome | undefined> {
    const oldLockId = requiredLockId(request, 'X-WOPI-OldLock')
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return this.locks.unlockAndRelock(
      request.params.id,
      oldLockId,
      lockId,
      by,
      lockOptions(request, this.settings),
    )
  }

  /** Whoever presented the old id is still there. */
  protected override async performLate(request: TokenRequest): Promise<Answer | undefined> {
    const { id } = request.params
    const caller = this.accesses.presented(request.user, id)
    if (caller) await this.late.refused(id, requiredLockId(request, 'X-WOPI-OldLock'), caller, 'remember')
    return undefined
  }
}
