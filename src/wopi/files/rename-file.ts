import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database } from '../../database/database.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { bodyOf } from '../../http/request-body.js'
import type { LockId } from '../../ids/ids.js'
import { LateLockCalls } from '../../lock/late-lock-calls.js'
import { LockService } from '../../lock/lock.service.js'
import type { LockState } from '../../lock/lock-state.js'
import type { IncomingSave, Received } from '../../saving/incoming-save.js'
import { PutFileSaves } from '../../saving/put-file.js'
import { type ReceivedBlob, ReceivedBlobs } from '../../saving/received-blob.js'
import type { PutFileOutcome } from '../../saving/save-outcome.js'
import { SaveInterceptor } from '../../saving/save.interceptor.js'
import { sanitizeStem, splitName } from '../../storage/files/file-name.js'
import { FileService } from '../../storage/files/file.service.js'
import { sendsDocumentWithRename } from '../protocol/client-family.js'
import { conflictAnswer } from '../locks/lock-answer.js'
import { againIfNameTaken } from '../../storage/files/name-race.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { readPut } from '../saves/put-headers.js'
import { invalidName, nameHeader } from '../protocol/requested-name.js'
import { PresenceReporter } from './presence-reporter.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'
import { lockIdHeader } from '../protocol/wopi-headers.js'
import { wopiSrc } from '../protocol/wopi-src.js'

/** WOPI.md §8.2: a new base name; id, extension, version and content stay. */
@Injectable()
export class RenameFile implements Operation {
  readonly name = 'RenameFile'
  readonly needs = 'edit'

  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly locks: LockService,
    private readonly lateLockCalls: LateLockCalls,
    private readonly rights: WopiAccess,
    private readonly received: ReceivedBlobs,
    private readonly saves: SaveInterceptor,
    private readonly puts: PutFileSaves,
    private readonly presenceReporter: PresenceReporter,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    // First of all: work is saved or kept whatever becomes of the name.
    await this.saveCollaborasBody(request)
    const lockId = lockIdHeader(request, 'X-WOPI-Lock')
    const coauthLockId = lockIdHeader(request, 'X-WOPI-CoauthLockId')
    if (lockId !== undefined && coauthLockId !== undefined) {
      throw new WopiError('header-invalid', 'X-WOPI-Lock and X-WOPI-CoauthLockId exclude each other')
    }
    const stem = this.requestedStem(request)
    const answer = await againIfNameTaken(() => this.rename(request, stem, { lockId, coauthLockId }))
    if (lockId !== undefined) await this.lateLockCalls.notice(request.params.id, lockId)
    return answer
  }

  private rename(request: WopiRequest, stem: string, presented: PresentedLocks): Promise<Answer> {
    return this.database.transaction(async (tx) => {
      const head = await this.files.lockHead(tx, request.params.id)
      const held = await this.locks.lockForUpdateWithCoauth(tx, request.params.id)
      if (!head || !held) throw new WopiError('no-such-file', 'the file was deleted meanwhile')
      await this.rights.requireStill(tx, request, 'edit')
      const inTheWay = lockInTheWay(held, presented)
      if (inTheWay) return conflictAnswer(inTheWay)
      const name = await this.files.renameNumbered(tx, head, stem + splitName(head.name).extension)
      await this.audit.record(tx, {
        actor: request.access.user.id,
        action: 'file-renamed',
        objectId: head.id,
        outcome: 'done',
        correlationId: correlationId(request),
        detail: { from: head.name, to: name },
      })
      const answer = { Name: splitName(name).stem }
      if (!sendsDocumentWithRename(request)) return jsonAnswer(200, answer)
      const url = wopiSrc(this.settings, head.id)
      return jsonAnswer(200, { ...answer, Url: url, LastModifiedTime: head.modifiedAt })
    })
  }

  private requestedStem(request: WopiRequest): string {
    const requested = nameHeader(request, 'X-WOPI-RequestedName')
    if (requested === undefined) throw new WopiError('header-missing', 'X-WOPI-RequestedName is required')
    const stem = sanitizeStem(requested)
    if (stem === undefined) throw invalidName('nothing of the requested name can be used')
    return stem
  }

  /** Collabora sends unsaved changes along, Microsoft and ONLYOFFICE an empty body (CLIENTS.md, "The RENAME trap"). */
  private async saveCollaborasBody(request: WopiRequest): Promise<void> {
    if (!sendsDocumentWithRename(request)) return
    await using received = await this.received.receive(bodyOf(request))
    if (received.content.size > 0) await this.saves.around(this.saveOf(request, received))
  }

  private saveOf(
    request: WopiRequest,
    blob: ReceivedBlob,
  ): IncomingSave<PutFileOutcome, void, Received & { readonly blob: ReceivedBlob }> {
    const { access } = request
    const { headers, fault } = readPut(request)
    const receive = (): Promise<{ blob: ReceivedBlob }> => Promise.resolve({ blob })
    return {
      access,
      headers,
      receive,
      receiveRefused: receive,
      decide: (received, terms) =>
        fault
          ? Promise.resolve({ kind: 'refused', reason: 'header-invalid' })
          : this.puts.save({ access, headers, received: received.blob, terms }),
      contentToKeep: (received) => received.blob.content,
      // Whatever became of it, the name is another matter.
      answer: (outcome, { isKept }) => {
        if (outcome.kind === 'saved') this.presenceReporter.saved(request, outcome, headers)
        else if (isKept && outcome.reason !== undefined && outcome.reason !== 'file-deleted')
          this.presenceReporter.saveRefused(request, outcome.reason)
        if (fault) throw fault
      },
    }
  }
}

interface PresentedLocks {
  readonly lockId: LockId | undefined
  readonly coauthLockId: LockId | undefined
}

/** The table of WOPI.md §8.2. An exclusive coauth lock is for its holder alone: a rename is a modification. */
function lockInTheWay(
  { wopi, coauth }: NonNullable<Awaited<ReturnType<LockService['lockForUpdateWithCoauth']>>>,
  { lockId, coauthLockId }: PresentedLocks,
): LockState | undefined {
  if (wopi.kind === 'wopi') return wopi.lockId === lockId ? undefined : wopi
  if (wopi.kind === 'exclusive') return wopi
  const mine = coauth.some((one) => one.lockId === coauthLockId)
  const others = coauth.some((one) => one.type === 'CoauthExclusive' && one.lockId !== coauthLockId)
  // With nothing locked, a wrong or missing lock header is harmless and common (CLIENTS.md pain 65).
  return coauth.length === 0 || (mine && !others) ? undefined : { kind: 'coauth', version: wopi.version }
}
