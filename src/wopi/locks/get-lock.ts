import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { LockService } from '../../lock/lock.service.js'
import { conflictAnswer } from './lock-answer.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'

/** WOPI.md §7: the current id, empty when unlocked, 409 when the lock is none that WOPI can express. */
@Injectable()
export class GetLock implements Operation {
  readonly name = 'GetLock'
  readonly needs = 'read'

  constructor(private readonly locks: LockService) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const lock = await this.locks.current(request.params.id)
    if (!lock) throw new WopiError('no-such-file', 'the file was deleted meanwhile')
    if (lock.kind === 'exclusive' || lock.kind === 'coauth') return conflictAnswer(lock)
    return new Answer(200, {
      'X-WOPI-Lock': lock.kind === 'wopi' ? lock.lockId : '',
      'X-WOPI-ItemVersion': lock.version,
    })
  }
}
