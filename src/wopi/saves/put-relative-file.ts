import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import type { Tx } from '../../database/database.js'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import { AccessService } from '../../permission/access.service.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { splitName } from '../../storage/files/file-name.js'
import { hostPages } from '../files/host-page.js'
import { NewFiles } from './new-files.service.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiUrlIssuer } from '../containers/wopi-url-issuer.js'
import { fileTarget } from '../protocol/target-name.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'
import { announcedSize } from '../protocol/wopi-headers.js'

/** WOPI.md §8.1: "save as" beside the file, under a suggested or an exact name. */
@Injectable()
export class PutRelativeFile implements Operation {
  readonly name = 'PutRelativeFile'
  readonly needs = 'edit'

  constructor(
    private readonly newFiles: NewFiles,
    private readonly containers: ContainerService,
    private readonly blobs: BlobStore,
    private readonly accesses: AccessService,
    private readonly rights: WopiAccess,
    private readonly urls: WopiUrlIssuer,
    private readonly settings: Settings,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const { access } = request
    const target = fileTarget(request, splitName(access.file.name))
    const containerId = await this.folderFor(request)
    const outcome = await this.newFiles.put({
      request,
      userId: access.user.id,
      containerId,
      stillMay: (tx) => this.requireStill(tx, request, containerId),
      target,
      receive: () => this.blobs.receive(bodyOf(request), announcedSize(request)),
      detail: { relativeTo: access.file.id },
    })
    if (outcome instanceof Answer) return outcome
    const pointer = { kind: 'file', id: outcome.id, role: 'editor' } as const
    const url = await this.urls.to(access, pointer)
    return jsonAnswer(200, { Name: outcome.name, Url: url, ...hostPages(this.settings, outcome.id) })
  }

  /** Beside the file for those who may write there; else among the person's own files: "save as" always works. */
  private async folderFor({ access }: WopiRequest): Promise<string> {
    return (await this.mayFill(access.user.id, access.file.containerId))
      ? access.file.containerId
      : this.containers.homeOf(access.user.id)
  }

  private async requireStill(tx: Tx, request: WopiRequest, containerId: string): Promise<void> {
    await this.containers.keep(tx, containerId)
    await this.rights.requireStill(tx, request, 'edit')
    if (!(await this.mayFill(request.access.user.id, containerId, tx)))
      throw new WopiError('right-lost', 'the user lost the right to write to the folder meanwhile')
  }

  private async mayFill(userId: string, containerId: string, on?: Tx): Promise<boolean> {
    const role = await this.accesses.roleOnContainer(userId, containerId, on)
    return role === 'editor' || role === 'owner'
  }
}
