import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { LateLockCalls } from '../../lock/late-lock-calls.js'
import { LockService, type Authorization } from '../../lock/lock.service.js'
import type { LockOutcome } from '../../lock/lock-state.js'
import type { Answer } from '../../http/answer.js'
import { AccessService } from '../../permission/access.service.js'
import { speaksOfTimestamps } from '../protocol/client-family.js'
import { lockOptions } from './lock-options.js'
import type { TokenRequest } from '../protocol/operation.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { requiredLockId } from '../protocol/wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/**
 * WOPI.md §7. Needs the caller's live edit right although the id alone would identify the lock: this is the only call
 * by which Excel learns that one of its users lost the right (RELIABILITY-SECURITY.md §3.2).
 *
 * ONLYOFFICE refreshes with the token of whoever joined or saved last, also when that one is gone. What it is told is
 * the same; but the lock of those who edit must not die of it.
 */
@Injectable()
export class RefreshLock extends LockOperation {
  readonly name = 'RefreshLock'
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
    return this.locks.refresh(request.params.id, lockId, by, lockOptions(request, this.settings))
  }

  protected override async performLate(request: TokenRequest): Promise<Answer | undefined> {
    const { id } = request.params
    const caller = this.accesses.presented(request.user, id)
    const how = speaksOfTimestamps(request) ? 'extend' : 'remember'
    if (caller) await this.late.refused(id, requiredLockId(request, 'X-WOPI-Lock'), caller, how)
    return undefined
  }
}
