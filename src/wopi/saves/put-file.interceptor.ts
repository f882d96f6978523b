import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common'
import { from, mergeMap, type Observable } from 'rxjs'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import { LateLockCalls } from '../../lock/late-lock-calls.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import { LockReasons } from '../locks/lock-reasons.js'
import { conflictAnswer } from '../locks/lock-answer.js'
import { PutFile, savedAnswer } from './put-file.js'
import { readPut } from './put-headers.js'
import type { PutOutcome, RefusedPut } from './put-outcome.js'
import { RefusedSaves } from './refused-saves.service.js'
import { RevocationGrace } from './revocation-grace.service.js'
import { checkSavePermission, refusedForRight } from './save-permission.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { WopiError } from '../protocol/wopi-error.js'
import type { WopiRequest } from '../protocol/operation.js'

/**
 * Asks, per access token and live, who may save; and sees to it that a save which must be refused is not lost: the
 * bytes hold everybody's edits, whoever's token carried them (RELIABILITY-SECURITY.md §3.4).
 */
@Injectable()
export class PutFileInterceptor implements NestInterceptor<PutOutcome | Answer, Answer> {
  constructor(
    private readonly blobs: BlobStore,
    private readonly refusedSaves: RefusedSaves,
    private readonly grace: RevocationGrace,
    private readonly presenceReporter: PresenceReporter,
    private readonly reasons: LockReasons,
    private readonly lateLockCalls: LateLockCalls,
  ) {}

  async intercept(
    context: ExecutionContext,
    next: CallHandler<PutOutcome | Answer>,
  ): Promise<Observable<Answer>> {
    const request = context.switchToHttp().getRequest<WopiRequest>()
    // PutChunkedFile sees to its own: what it refuses is mostly retried by design.
    if (!(request.operation instanceof PutFile)) return next.handle() as Observable<Answer>
    const refusal = checkSavePermission(request.access)
    // Where there is a grace, it is judged with the bytes at hand.
    if (refusal && !(refusal === 'permission-revoked' && this.grace.isOffered)) {
      const content = await this.blobs.receive(bodyOf(request), readPut(request).size)
      return from(this.answer(request, { kind: 'refused', reason: refusal, content }))
    }
    return (next.handle() as Observable<PutOutcome>).pipe(
      mergeMap((outcome) => this.answer(request, outcome)),
    )
  }

  /** Decides the answer, and tells co-authoring status what happened. */
  private async answer(request: WopiRequest, outcome: PutOutcome): Promise<Answer> {
    const { headers } = readPut(request)
    switch (outcome.kind) {
      case 'saved':
        this.presenceReporter.saved(request, outcome, headers)
        return savedAnswer(request, outcome)
      case 'no-such-file':
        // Deleted while the bytes came. Should it be purged as well by now, they go with it.
        return this.answer(request, {
          kind: 'refused',
          reason: 'file-deleted',
          content: outcome.content,
        })
      case 'refused':
        await this.refusedSaves.keep(request.access, headers, outcome)
        if (headers.lockId !== undefined) await this.lateLockCalls.notice(request.params.id, headers.lockId)
        // The session of a deleted file has ended, and nothing begins another.
        if (outcome.reason !== 'file-deleted') this.presenceReporter.saveRefused(request, outcome.reason)
        return outcome.reason === 'lock-mismatch'
          ? this.reasons.inWords(request, refusedAnswer(outcome))
          : refusedAnswer(outcome)
    }
  }
}

function refusedAnswer({ reason, lock, fault }: RefusedPut): Answer {
  switch (reason) {
    case 'header-invalid':
      throw fault ?? new WopiError('header-invalid', 'a header is not as it must be')
    case 'token-expired':
    case 'token-revoked':
    case 'permission-revoked':
    case 'file-deleted':
      throw refusedForRight(reason)
    case 'external-change':
      // Collabora and ONLYOFFICE ask their user what to do when they see this code (CLIENTS.md §1.1).
      return jsonAnswer(
        409,
        { COOLStatusCode: 1010, LOOLStatusCode: 1010 },
        lock ? conflictAnswer(lock, 'The file was changed outside this session').headers : {},
      )
    case 'lock-mismatch':
    case 'not-locked': {
      if (!lock) throw new Error(`a save was refused for ${reason} without a look at the lock`)
      return conflictAnswer(lock)
    }
  }
}
