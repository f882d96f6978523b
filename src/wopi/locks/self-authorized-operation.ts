import type { Answer } from '../../http/answer.js'
import type { Authorization } from '../../lock/lock.service.js'
import type { AccessService } from '../../permission/access.service.js'
import { RANK } from '../../permission/role.js'
import type { SelfJudgingOperation, TokenRequest } from '../protocol/operation.js'
import type { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

/**
 * An operation that asks for the caller's right in the very statement that does its work: one trip to the database.
 * Whoever is not let in is told why by a second look.
 */
export abstract class SelfAuthorizedOperation implements SelfJudgingOperation {
  abstract readonly name: string
  abstract readonly needs: 'read' | 'edit'
  readonly judgesAccess = true

  constructor(
    protected readonly accesses: AccessService,
    private readonly access: WopiAccess,
  ) {}

  async answer(request: TokenRequest): Promise<Answer> {
    const neededRank = this.needs === 'edit' ? RANK.editor : 0
    const admission = this.accesses.admission(request.user, request.params.id, neededRank)
    try {
      const answer =
        (admission && (await this.perform(request, admission))) ?? (await this.performLate?.(request))
      if (answer) return answer
    } catch (error) {
      // Who may not be here is not told what is wrong with their headers.
      if (error instanceof WopiError) await this.access.require(request, this.needs)
      throw error
    }
    await this.access.require(request, this.needs)
    throw new WopiError('no-such-file', 'the file was deleted, or the right changed, meanwhile')
  }

  /** What may be done although the caller was not admitted, before they are told why not. @returns the answer, if it was */
  protected performLate?(request: TokenRequest): Promise<Answer | undefined>

  /**
   * @returns undefined when the caller was not admitted, or the file is gone
   * @throws WopiError when headers or body are not as they must be
   */
  protected abstract perform(request: TokenRequest, by: Authorization): Promise<Answer | undefined>
}
