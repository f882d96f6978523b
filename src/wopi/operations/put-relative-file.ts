import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database } from '../../database/database.js'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { bodyOf } from '../../http/request-body.js'
import { LockService } from '../../lock/lock.service.js'
import { AccessTokenService } from '../../permission/access-token.service.js'
import { AccessService } from '../../permission/access.service.js'
import { BlobStore, type StoredBlob } from '../../storage/blob-store.js'
import { ContainerService } from '../../storage/container.service.js'
import { checkName, numberedName, sanitizeName, splitName } from '../../storage/file-name.js'
import { FileService } from '../../storage/file.service.js'
import { NameTaken } from '../../storage/storage-errors.js'
import { conflictAnswer } from '../lock-answer.js'
import type { Operation, WopiRequest } from '../operation.js'
import { nameHeader, orInvalidName } from '../requested-name.js'
import { encodeUtf7 } from '../utf7.js'
import { WopiError } from '../wopi-error.js'
import { announcedSize, booleanHeader } from '../wopi-headers.js'
import { wopiSrc } from '../wopi-src.js'

type Target =
  | { readonly mode: 'suggested'; readonly name: string }
  | { readonly mode: 'exact'; readonly name: string; readonly overwrite: boolean }

/** WOPI.md §8.1: "save as" beside the file, under a suggested or an exact name. */
@Injectable()
export class PutRelativeFile implements Operation {
  readonly name = 'PutRelativeFile'
  readonly needs = 'edit'

  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly containers: ContainerService,
    private readonly blobs: BlobStore,
    private readonly locks: LockService,
    private readonly accesses: AccessService,
    private readonly tokens: AccessTokenService,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const target = targetOf(request)
    const containerId = await this.folderFor(request)
    if (target.mode === 'exact') {
      const taken = await this.files.findByName(containerId, target.name)
      if (taken !== undefined && !target.overwrite) return this.takenAnswer(containerId, target.name)
      if (taken !== undefined) return this.overwrite(request, taken)
    }
    const content = await this.blobs.receive(bodyOf(request), announcedSize(request))
    return this.create(request, containerId, target, content)
  }

  /** Beside the file for those who may write there; else among the person's own files: "save as" always works. */
  private async folderFor({ access }: WopiRequest): Promise<string> {
    const role = await this.accesses.roleOnContainer(access.user.id, access.file.containerId)
    const mayWrite = role === 'editor' || role === 'owner'
    return mayWrite ? access.file.containerId : this.containers.homeOf(access.user.id)
  }

  private async create(
    request: WopiRequest,
    containerId: string,
    target: Target,
    content: StoredBlob,
  ): Promise<Answer> {
    const file = {
      containerId,
      name: target.name,
      owner: request.access.user.id,
      content,
      correlationId: correlationId(request),
    }
    try {
      const made = await this.database.transaction(async (tx) => {
        const head =
          target.mode === 'exact'
            ? await this.files.create(tx, file)
            : await this.files.createNumbered(tx, file)
        await this.audit.record(tx, {
          actor: file.owner,
          action: 'file-created',
          objectId: head.id,
          outcome: 'done',
          correlationId: file.correlationId,
          detail: { name: head.name, relativeTo: request.params.id },
        })
        return head
      })
      return await this.pointer(request, made.id, made.name)
    } catch (error) {
      // After any other error the commit may have happened all the same; then the blob is the document.
      if (!(error instanceof NameTaken)) throw error
      await this.blobs.remove(content.blob)
      return this.takenAnswer(containerId, target.name)
    }
  }

  /** The overwritten file keeps its id, its history and whoever has it open. */
  private async overwrite(request: WopiRequest, fileId: string): Promise<Answer> {
    const { user } = request.access
    const role = await this.accesses.roleOnFile(user.id, fileId)
    if (role !== 'editor' && role !== 'owner') {
      throw new WopiError('operation-not-offered', 'the user may not overwrite the file of that name')
    }
    const content = await this.blobs.receive(bodyOf(request), announcedSize(request))
    const outcome = await this.database.transaction(async (tx) => {
      const head = await this.files.lockHead(tx, fileId)
      const lock = await this.locks.hold(tx, fileId)
      if (!head || !lock) throw new WopiError('no-such-file', 'the file to overwrite was deleted meanwhile')
      if (lock.kind !== 'none') return { conflict: conflictAnswer(lock) }
      const correlation = correlationId(request)
      const { version, changed } = await this.files.commit(tx, head, content, {
        author: user.id,
        editors: [],
        cause: 'save',
        correlationId: correlation,
      })
      await this.audit.record(tx, {
        actor: user.id,
        action: 'save',
        objectId: fileId,
        outcome: 'done',
        correlationId: correlation,
        detail: { version, relativeTo: request.params.id },
      })
      return { name: head.name, changed }
    })
    if ('conflict' in outcome || !outcome.changed) await this.blobs.remove(content.blob)
    return 'conflict' in outcome ? outcome.conflict : this.pointer(request, fileId, outcome.name)
  }

  /** The new file's address with a token of its own, for the same user, that ends when the presented one does (T-08). */
  private async pointer(request: WopiRequest, fileId: string, name: string): Promise<Answer> {
    const { user, mode, tokenExpiresAt } = request.access
    const { accessToken } = await this.tokens.issue({
      userId: user.id,
      resource: 'file',
      resourceId: fileId,
      mode,
      until: tokenExpiresAt,
      openedIn: request.user.openedIn,
    })
    return jsonAnswer(200, {
      Name: name,
      Url: `${wopiSrc(this.settings, fileId)}?access_token=${accessToken}`,
    })
  }

  /** 409 with a name that is free, which editors retry with by themselves. */
  private async takenAnswer(containerId: string, name: string): Promise<Answer> {
    let number = 2
    while (await this.files.findByName(containerId, numberedName(name, number))) number++
    return new Answer(409, { 'X-WOPI-ValidRelativeTarget': encodeUtf7(numberedName(name, number)) })
  }
}

function targetOf(request: WopiRequest): Target {
  const suggested = nameHeader(request, 'X-WOPI-SuggestedTarget')
  const exact = nameHeader(request, 'X-WOPI-RelativeTarget')
  if (suggested !== undefined && exact !== undefined) {
    throw new WopiError(
      'operation-not-offered',
      'X-WOPI-SuggestedTarget and X-WOPI-RelativeTarget exclude each other',
    )
  }
  if (exact !== undefined) return exactTarget(request, exact)
  if (suggested === undefined)
    throw new WopiError('header-missing', 'X-WOPI-SuggestedTarget or X-WOPI-RelativeTarget is required')
  const { stem, extension } = splitName(request.access.file.name)
  // A leading dot suggests only another extension.
  const name = /^\.[^.\\/]+$/.test(suggested) ? stem + suggested : suggested
  return { mode: 'suggested', name: sanitizeName(name) ?? `${stem}${extension}` }
}

function exactTarget(request: WopiRequest, name: string): Target {
  const overwrite = booleanHeader(request, 'X-WOPI-OverwriteRelativeTarget')
  try {
    return { mode: 'exact', name: orInvalidName(() => checkName(name)), overwrite }
  } catch (error) {
    const valid = sanitizeName(name)
    if (!(error instanceof WopiError) || valid === undefined) throw error
    const headers = { ...error.headers, 'X-WOPI-ValidRelativeTarget': encodeUtf7(valid) }
    throw new WopiError(error.code, error.message, headers)
  }
}
