import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { LockService } from '../../lock/lock.service.js'
import { lockAnswer } from '../lock-answer.js'
import type { Operation, WopiRequest } from '../operation.js'
import { requiredLockId } from '../wopi-headers.js'

/** WOPI.md §7: takes the lock, or restarts its timer when the same id holds it. Collabora refreshes this way. */
@Injectable()
export class Lock implements Operation {
  readonly name = 'Lock'
  readonly needs = 'edit'

  constructor(private readonly locks: LockService) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return lockAnswer(await this.locks.lock(request.params.id, lockId, request.access.user.id))
  }
}
