import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { LockService, type Admission, type LockOutcome } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { lockWishes } from '../lock-wishes.js'
import type { WopiRequest } from '../operation.js'
import { WopiAccess } from '../wopi-access.js'
import { requiredLockId } from '../wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/** WOPI.md §7: Lock with X-WOPI-OldLock swaps the old id for the new one in one atomic step. */
@Injectable()
export class UnlockAndRelock extends LockOperation {
  readonly name = 'UnlockAndRelock'
  readonly needs = 'edit'

  constructor(
    private readonly locks: LockService,
    private readonly settings: Settings,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected change(request: WopiRequest, by: Admission): Promise<LockOutcome | undefined> {
    const oldLockId = requiredLockId(request, 'X-WOPI-OldLock')
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return this.locks.unlockAndRelock(
      request.params.id,
      oldLockId,
      lockId,
      by,
      lockWishes(request, this.settings),
    )
  }
}
