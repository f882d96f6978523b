import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import { AccessService } from '../../permission/access.service.js'
import { BlobStore } from '../../storage/blob-store.js'
import { ContainerService } from '../../storage/container.service.js'
import { splitName } from '../../storage/file-name.js'
import { hostPages } from '../host-page.js'
import { NewFiles } from '../new-files.service.js'
import type { Operation, WopiRequest } from '../operation.js'
import { Pointers } from '../pointers.js'
import { fileTarget } from '../target-name.js'
import { announcedSize } from '../wopi-headers.js'

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
    private readonly pointers: Pointers,
    private readonly settings: Settings,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const { access } = request
    const target = fileTarget(request, splitName(access.file.name))
    const outcome = await this.newFiles.put({
      request,
      userId: access.user.id,
      containerId: await this.folderFor(request),
      target,
      receive: () => this.blobs.receive(bodyOf(request), announcedSize(request)),
      detail: { relativeTo: access.file.id },
    })
    if (outcome instanceof Answer) return outcome
    const pointer = { kind: 'file', id: outcome.id, role: 'editor' } as const
    const url = await this.pointers.to(access, pointer)
    return jsonAnswer(200, { Name: outcome.name, Url: url, ...hostPages(this.settings, outcome.id) })
  }

  /** Beside the file for those who may write there; else among the person's own files: "save as" always works. */
  private async folderFor({ access }: WopiRequest): Promise<string> {
    const role = await this.accesses.roleOnContainer(access.user.id, access.file.containerId)
    const mayWrite = role === 'editor' || role === 'owner'
    return mayWrite ? access.file.containerId : this.containers.homeOf(access.user.id)
  }
}
