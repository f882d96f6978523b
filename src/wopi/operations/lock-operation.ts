import type { Answer } from '../../http/answer.js'
import type { Admission, LockOutcome } from '../../lock/lock.service.js'
import type { AccessService } from '../../permission/access.service.js'
import { RANK } from '../../permission/role.js'
import { lockAnswer } from '../lock-answer.js'
import type { Operation, WopiRequest } from '../operation.js'
import type { WopiAccess } from '../wopi-access.js'
import { WopiError } from '../wopi-error.js'

/**
 * Lock, UnlockAndRelock, RefreshLock and Unlock ask for the caller's right in the very statement that changes the
 * lock: one trip to the database. Whoever is not let in is told why by a second look.
 */
export abstract class LockOperation implements Operation {
  abstract readonly name: string
  abstract readonly needs: 'edit' | 'unlock'
  readonly judgesAccess = true

  constructor(
    private readonly accesses: AccessService,
    private readonly access: WopiAccess,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const neededRank = this.needs === 'edit' ? RANK.editor : 0
    const admission = this.accesses.admission(request.user, request.params.id, neededRank)
    try {
      const outcome = admission && (await this.change(request, admission))
      if (outcome) return lockAnswer(outcome)
    } catch (error) {
      // What is wrong with his headers is nobody's business who may not be here.
      if (error instanceof WopiError) await this.access.require(request, this.needs)
      throw error
    }
    await this.access.require(request, this.needs)
    throw new WopiError('no-such-file', 'the file was deleted, or the right changed, meanwhile')
  }

  /** @throws WopiError when the lock ids are not as WOPI.md §7.1 has them */
  protected abstract change(request: WopiRequest, by: Admission): Promise<LockOutcome | undefined>
}
