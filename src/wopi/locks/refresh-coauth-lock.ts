import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { CoauthLockService } from '../../lock/coauth-lock.service.js'
import type { Authorization } from '../../lock/lock.service.js'
import { AccessService } from '../../permission/access.service.js'
import { coauthRefusedAnswer, coauthTableAnswer } from './coauth-answer.js'
import { coauthMetadata } from './coauth-metadata.js'
import type { TokenRequest } from '../protocol/operation.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { requiredLockId, requiredTimeout } from '../protocol/wopi-headers.js'
import { SelfAuthorizedOperation } from './self-authorized-operation.js'

/** WOPI.md §12.4: restarts the timer; metadata that is not empty takes the place of the old. */
@Injectable()
export class RefreshCoauthLock extends SelfAuthorizedOperation {
  readonly name = 'RefreshCoauthLock'
  readonly needs = 'edit'
  readonly extension = 'plus'

  constructor(
    private readonly coauthLocks: CoauthLockService,
    private readonly presenceReporter: PresenceReporter,
    accesses: AccessService,
    access: WopiAccess,
  ) {
    super(accesses, access)
  }

  protected async perform(request: TokenRequest, by: Authorization): Promise<Answer | undefined> {
    const lockId = requiredLockId(request, 'X-WOPI-CoauthLockId')
    const lifetimeMs = requiredTimeout(request, 'X-WOPI-CoauthLockExpirationTimeout')
    const metadata = (await coauthMetadata(request)) || undefined
    const outcome = await this.coauthLocks.refresh(request.params.id, { lockId, metadata, lifetimeMs }, by)
    if (!outcome) return undefined
    if (!outcome.granted) return coauthRefusedAnswer(outcome.refusal)
    this.presenceReporter.noteOf(request, outcome.holder, { kind: 'coauth-locked', lifetimeMs })
    return coauthTableAnswer(outcome.table)
  }
}
