import type { Answer } from '../../http/answer.js'
import type { Authorization } from '../../lock/lock.service.js'
import type { LockOutcome } from '../../lock/lock-state.js'
import { lockAnswer } from './lock-answer.js'
import type { TokenRequest } from '../protocol/operation.js'
import { SelfAuthorizedOperation } from './self-authorized-operation.js'

/** Lock, UnlockAndRelock, RefreshLock and Unlock. */
export abstract class LockOperation extends SelfAuthorizedOperation {
  abstract override readonly needs: 'edit'

  protected async perform(request: TokenRequest, by: Authorization): Promise<Answer | undefined> {
    const outcome = await this.change(request, by)
    return outcome && lockAnswer(outcome)
  }

  /** @throws WopiError when the lock ids are not as WOPI.md §7.1 has them */
  protected abstract change(request: TokenRequest, by: Authorization): Promise<LockOutcome | undefined>
}
