import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import type { Tx } from '../../database/database.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import type { ContainerId, UserId } from '../../ids/ids.js'
import { AccessService } from '../../permission/access.service.js'
import type { IncomingSave, Received } from '../../saving/incoming-save.js'
import { type ReceivedBlob, ReceivedBlobs } from '../../saving/received-blob.js'
import {
  type Place,
  SaveAs,
  type SaveAsOutcome,
  type SaveAsRefused,
  type SaveAsTarget,
} from '../../saving/save-as.js'
import { type RightRefused, rolePermitsSave } from '../../saving/save-permission.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { splitName } from '../../storage/files/file-name.js'
import { WopiUrlIssuer } from '../containers/wopi-url-issuer.js'
import { hostPages } from '../files/host-page.js'
import { WopiAccess } from '../guards/wopi-access.js'
import type { SaveOperation, WopiRequest } from '../protocol/operation.js'
import { fileTarget } from '../protocol/target-name.js'
import { WopiError } from '../protocol/wopi-error.js'
import { announcedSize } from '../protocol/wopi-headers.js'
import { saveAsRefusedAnswer } from './new-file-answer.js'
import { readPut } from './put-headers.js'
import { refusedForRight } from './refused-right.js'

/** Undefined `blob`: it was refused before its bytes were wanted. */
type ReceivedCopy = Received &
  (
    | { readonly blob: ReceivedBlob; readonly to: SaveAsTarget; readonly place: Place }
    | { readonly blob: undefined; readonly refused: SaveAsRefused }
  )

/** WOPI.md §8.1: "save as" beside the file, under a suggested or an exact name. */
@Injectable()
export class PutRelativeFile implements SaveOperation {
  readonly name = 'PutRelativeFile'
  readonly needs = 'save'

  constructor(
    private readonly saveAs: SaveAs,
    private readonly received: ReceivedBlobs,
    private readonly containers: ContainerService,
    private readonly accesses: AccessService,
    private readonly rights: WopiAccess,
    private readonly urls: WopiUrlIssuer,
    private readonly settings: Settings,
  ) {}

  save(request: WopiRequest): IncomingSave<SaveAsOutcome, Answer, ReceivedCopy> {
    return {
      access: request.access,
      headers: readPut(request).headers,
      receive: () => this.receive(request),
      // Whoever may not save a copy has what it is a copy of: nothing is lost with it.
      receiveRefused: () => Promise.resolve(undefined),
      decide: (received) =>
        received.blob
          ? this.saveAs.save(received.to, received.place, received.blob)
          : Promise.resolve(received.refused),
      contentToKeep: () => undefined,
      answer: (outcome) => this.answer(request, outcome),
    }
  }

  private async receive(request: WopiRequest): Promise<ReceivedCopy> {
    const to = await this.targetOf(request)
    const place = await this.saveAs.placeFor(to)
    if (place.kind === 'refused') return { blob: undefined, refused: place }
    const blob = await this.received.receive(bodyOf(request), announcedSize(request))
    return { blob, to, place }
  }

  private async targetOf(request: WopiRequest): Promise<SaveAsTarget> {
    const { user, file } = request.access
    const target = fileTarget(request, splitName(file.name))
    const containerId = await this.folderFor(request)
    return {
      userId: user.id,
      containerId,
      target,
      correlationId: readPut(request).headers.correlationId,
      first: (tx) => this.containers.lockForShare(tx, containerId),
      stillMay: (tx) => this.requireStill(tx, request, containerId),
      detail: { relativeTo: file.id },
    }
  }

  private async answer(request: WopiRequest, outcome: SaveAsOutcome | RightRefused): Promise<Answer> {
    if (outcome.kind === 'right-refused') throw refusedForRight(outcome)
    if (outcome.kind === 'refused') return saveAsRefusedAnswer(outcome)
    const { id, name } = outcome
    const url = await this.urls.to(request.access, { kind: 'file', id, role: 'editor' })
    return jsonAnswer(200, { Name: name, Url: url, ...hostPages(this.settings, id) })
  }

  /** Beside the file for those who may write there; else among the person's own files: "save as" always works. */
  private async folderFor({ access }: WopiRequest): Promise<ContainerId> {
    return (await this.mayFill(access.user.id, access.file.containerId))
      ? access.file.containerId
      : this.containers.homeOf(access.user.id)
  }

  private async requireStill(tx: Tx, request: WopiRequest, containerId: ContainerId): Promise<void> {
    await this.rights.requireStill(tx, request, 'edit')
    if (!(await this.mayFill(request.access.user.id, containerId, tx)))
      throw new WopiError('right-lost', 'the user lost the right to write to the folder meanwhile')
  }

  private async mayFill(userId: UserId, containerId: ContainerId, on?: Tx): Promise<boolean> {
    return rolePermitsSave(await this.accesses.roleOnContainer(userId, containerId, on))
  }
}
