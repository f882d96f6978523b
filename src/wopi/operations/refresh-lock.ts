import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { LockService } from '../../lock/lock.service.js'
import { lockAnswer } from '../lock-answer.js'
import type { Operation, WopiRequest } from '../operation.js'
import { requiredLockId } from '../wopi-headers.js'

/**
 * WOPI.md §7. Needs the caller's live edit right although the id alone would identify the lock: this is the only call
 * by which Excel learns that one of its users lost the right (RELIABILITY-SECURITY.md §3.2).
 */
@Injectable()
export class RefreshLock implements Operation {
  readonly name = 'RefreshLock'
  readonly needs = 'edit'

  constructor(private readonly locks: LockService) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return lockAnswer(await this.locks.refresh(request.params.id, lockId))
  }
}
