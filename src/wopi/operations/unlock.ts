import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { LockService } from '../../lock/lock.service.js'
import { lockAnswer } from '../lock-answer.js'
import type { Operation, WopiRequest } from '../operation.js'
import { requiredLockId } from '../wopi-headers.js'

/** WOPI.md §7: compare and delete. Whoever knows the id and was let in to edit may release it; locks have no owner. */
@Injectable()
export class Unlock implements Operation {
  readonly name = 'Unlock'
  readonly needs = 'unlock'

  constructor(private readonly locks: LockService) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const lockId = requiredLockId(request, 'X-WOPI-Lock')
    return lockAnswer(await this.locks.unlock(request.params.id, lockId))
  }
}
