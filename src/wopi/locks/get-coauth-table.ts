import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { CoauthLockService } from '../../lock/coauth-lock.service.js'
import type { Authorization } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { coauthTableAnswer } from './coauth-answer.js'
import type { TokenRequest } from '../protocol/operation.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { header } from '../protocol/wopi-headers.js'
import { SelfAuthorizedOperation } from './self-authorized-operation.js'

/** WOPI.md §12.6: who is editing. For whoever may read, and nothing to read when the caller has it already. */
@Injectable()
export class GetCoauthTable extends SelfAuthorizedOperation {
  readonly name = 'GetCoauthTable'
  readonly needs = 'read'
  readonly extension = 'plus'

  constructor(
    private readonly coauthLocks: CoauthLockService,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected async perform(request: TokenRequest, by: Authorization): Promise<Answer | undefined> {
    const known = header(request, 'X-WOPI-CoauthTableVersion')
    const table = await this.coauthLocks.table(request.params.id, known, by)
    if (table !== 'unchanged') return table && coauthTableAnswer(table)
    return new Answer(200, { 'X-WOPI-CoauthTableVersion': known })
  }
}
