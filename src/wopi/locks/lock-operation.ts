import type { Answer } from '../../http/answer.js'
import type { Admission, LockOutcome } from '../../lock/lock.service.js'
import { lockAnswer } from './lock-answer.js'
import type { WopiRequest } from '../protocol/operation.js'
import { AdmittedOperation } from './self-authorized-operation.js'

/** Lock, UnlockAndRelock, RefreshLock and Unlock. */
export abstract class LockOperation extends AdmittedOperation {
  abstract override readonly needs: 'edit'

  protected async perform(request: WopiRequest, by: Admission): Promise<Answer | undefined> {
    const outcome = await this.change(request, by)
    return outcome && lockAnswer(outcome)
  }

  /** @throws WopiError when the lock ids are not as WOPI.md §7.1 has them */
  protected abstract change(request: WopiRequest, by: Admission): Promise<LockOutcome | undefined>
}
