import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { LockService, type Admission, type LockOutcome } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { lockWishes } from '../lock-wishes.js'
import type { WopiRequest } from '../operation.js'
import { WopiAccess } from '../wopi-access.js'
import { requiredLockId } from '../wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/**
 * WOPI.md §7. Needs the caller's live edit right although the id alone would identify the lock: this is the only call
 * by which Excel learns that one of its users lost the right (RELIABILITY-SECURITY.md §3.2).
 */
@Injectable()
export class RefreshLock extends LockOperation {
  readonly name = 'RefreshLock'
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
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return this.locks.refresh(request.params.id, lockId, by, lockWishes(request, this.settings))
  }
}
