import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { LockService, type Admission, type LockOutcome } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { lockWishes } from '../lock-wishes.js'
import type { WopiRequest } from '../operation.js'
import { WopiAccess } from '../wopi-access.js'
import { requiredLockId } from '../wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/** WOPI.md §7: takes the lock, or restarts its timer when the same id holds it. Collabora refreshes this way. */
@Injectable()
export class Lock extends LockOperation {
  readonly name = 'Lock'
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
    return this.locks.lock(request.params.id, lockId, by, lockWishes(request, this.settings))
  }
}
