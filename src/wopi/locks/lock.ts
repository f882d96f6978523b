import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { LateLockCalls } from '../../lock/late-lock-calls.js'
import { LockService, type Authorization } from '../../lock/lock.service.js'
import type { LockOutcome } from '../../lock/lock-state.js'
import type { Answer } from '../../http/answer.js'
import { AccessService } from '../../permission/access.service.js'
import { refreshesByLock } from '../protocol/client-family.js'
import { lockOptions } from './lock-options.js'
import type { TokenRequest } from '../protocol/operation.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { requiredLockId } from '../protocol/wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/** WOPI.md §7: takes the lock, or restarts its timer when the same id holds it. Collabora refreshes this way. */
@Injectable()
export class Lock extends LockOperation {
  readonly name = 'Lock'
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
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return this.locks.lock(request.params.id, lockId, by, lockOptions(request, this.settings))
  }

  /** A refresh of Collabora's with the token of somebody who is gone is as in RefreshLock. */
  protected override async performLate(request: TokenRequest): Promise<Answer | undefined> {
    const { id } = request.params
    const caller = this.accesses.presented(request.user, id)
    const how = refreshesByLock(request) ? 'extend' : 'remember'
    if (caller) await this.late.refused(id, requiredLockId(request, 'X-WOPI-Lock'), caller, how)
    return undefined
  }
}
