import { Injectable } from '@nestjs/common'
import { LockService, type Admission, type LockOutcome } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import type { WopiRequest } from '../operation.js'
import { WopiAccess } from '../wopi-access.js'
import { requiredLockId } from '../wopi-headers.js'
import { LockOperation } from './lock-operation.js'

/** WOPI.md §7: compare and delete. Whoever knows the id and was let in to edit may release it; locks have no owner. */
@Injectable()
export class Unlock extends LockOperation {
  readonly name = 'Unlock'
  readonly needs = 'unlock'

  constructor(
    private readonly locks: LockService,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected change(request: WopiRequest, by: Admission): Promise<LockOutcome | undefined> {
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return this.locks.unlock(request.params.id, lockId, by)
  }
}
