import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common'
import { mergeMap, type Observable } from 'rxjs'
import { LateLockCalls } from '../lock/late-lock-calls.js'
import type { RecoveryReason } from '../storage/recovery/recovery-item.entity.js'
import type { IncomingSave, Received } from './incoming-save.js'
import type { ReceivedBlob } from './received-blob.js'
import { RefusedSaves } from './refused-saves.js'
import { RevocationGrace } from './revocation-grace.js'
import type { SaveOutcome } from './save-outcome.js'
import { checkSavePermission } from './save-permission.js'

/** Its operation knows better what it brings and what comes of it. */
type AnySave<Answer> = IncomingSave<SaveOutcome, Answer, Received>

/**
 * The PutFile interceptor: the one place where the right to save is judged per access token, for PutFile, PutChunkedFile,
 * PutRelativeFile and the document that Collabora sends along with RenameFile. It sees to it as well that a save which
 * must be refused is not lost: it comes with the token of one person and the work of all who edit
 * (RELIABILITY-SECURITY.md §3.4).
 *
 * |                              | Word                              | Excel                                | PowerPoint           | Answered by |
 * | ---------------------------- | --------------------------------- | ------------------------------------ | -------------------- | ----------- |
 * | saves                        | every 30 s while changed          | every 2 min                          | every 60 s; alone every 3 min | `around` |
 * | with the token of            | who changed something last        | the principal user: who joined last, or first (PRINCIPAL_RULE), even if idle | who changed something last | `checkSavePermission`: this token's user, whoever typed |
 * | asks for each one's right by | CheckFileInfo, every 5 min        | RefreshLock, every 15 min            | CheckFileInfo, every 5 min | `wopi/files/check-file-info.ts`, `wopi/locks/refresh-lock.ts`: not here |
 * | the saver loses the right    | the save fails, everybody is out  | all saves fail, everybody is out within 3 min | the save fails, everybody is out | `keep`: everybody's edits are in the bytes; `decide`: within the grace they are a version |
 * | another loses it             | is out alone within 5 min         | is out alone within 15 min           | is out alone within 5 min | the save is accepted: nobody's right but the token's counts |
 * | it goes while bytes come     | as if it had gone before          | the same                             | the same             | `FileWrites`: asked again behind the rows |
 *
 * Sources: RELIABILITY-SECURITY.md §3.1 and §3.2, CLIENTS.md §1.4. Microsoft's documents contradict themselves over whom Excel saves with,
 * so that nothing here depends on who it is.
 */
@Injectable()
export class SaveInterceptor implements NestInterceptor<AnySave<unknown>, unknown> {
  constructor(
    private readonly refusedSaves: RefusedSaves,
    private readonly grace: RevocationGrace,
    private readonly lateLockCalls: LateLockCalls,
  ) {}

  /** Of a route whose handler hands over the save that the request means. */
  intercept(_context: ExecutionContext, next: CallHandler<AnySave<unknown>>): Observable<unknown> {
    return next.handle().pipe(mergeMap((save) => this.around(save)))
  }

  async around<Answer>(save: AnySave<Answer>): Promise<Answer> {
    const refusal = checkSavePermission(save.access)
    // Where there is a grace, it is judged with the bytes at hand.
    if (refusal && !(refusal.right === 'permission-revoked' && this.grace.isOffered)) {
      if (refusal.reason === undefined) return save.answer(refusal, { isKept: false })
      const received = await save.receiveRefused()
      await using lease = received?.blob
      const isKept = await this.keep(save, received, lease, refusal.reason)
      return await save.answer(refusal, { isKept })
    }
    const received = await save.receive()
    await using lease = received.blob
    const outcome = await this.decide(save, received)
    const reason = outcome.kind === 'saved' ? undefined : outcome.reason
    const isKept = reason !== undefined && (await this.keep(save, received, lease, reason))
    return await save.answer(outcome, { isKept })
  }

  private async decide(save: AnySave<unknown>, received: Received): Promise<SaveOutcome> {
    const outcome = await save.decide(received, { graced: false })
    if (outcome.kind !== 'right-refused' || outcome.right !== 'permission-revoked') return outcome
    // Asked between two transactions, since it needs a connection of its own; only then is the rank let go.
    return (await this.grace.covers(save.access)) ? save.decide(received, { graced: true }) : outcome
  }

  private async keep(
    save: AnySave<unknown>,
    received: Received | undefined,
    lease: ReceivedBlob | undefined,
    reason: RecoveryReason,
  ): Promise<boolean> {
    const { access, headers } = save
    const content = received && (await save.contentToKeep(received))
    const isKept =
      content !== undefined &&
      (await this.refusedSaves.keep(access, headers, { reason, content, received: lease }))
    // Somebody works under this lock, though in vain.
    if (headers.lockId !== undefined) await this.lateLockCalls.notice(access.file.id, headers.lockId)
    return isKept
  }
}
