import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { LockService } from '../../lock/lock.service.js'
import { lockAnswer } from '../lock-answer.js'
import type { Operation, WopiRequest } from '../operation.js'
import { requiredLockId } from '../wopi-headers.js'

/** WOPI.md §7: Lock with X-WOPI-OldLock swaps the old id for the new one in one atomic step. */
@Injectable()
export class UnlockAndRelock implements Operation {
  readonly name = 'UnlockAndRelock'
  readonly needs = 'edit'

  constructor(private readonly locks: LockService) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const oldLockId = requiredLockId(request, 'X-WOPI-OldLock')
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    const { params, access } = request
    return lockAnswer(await this.locks.unlockAndRelock(params.id, oldLockId, lockId, access.user.id))
  }
}
