import { Injectable } from '@nestjs/common'
import { Readable } from 'node:stream'
import { Settings } from '../../config/settings.js'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { ContainerRights } from '../guards/container-rights.js'
import { hostPages } from '../files/host-page.js'
import { NewFiles } from '../saves/new-files.service.js'
import { WopiUrlIssuer } from './wopi-url-issuer.js'
import { fileTarget } from '../protocol/target-name.js'

/** What a new file is called when only its extension is suggested. */
const NEW_FILE = { stem: 'New file', extension: '' }

/** WOPI.md §9.4: a new file without a byte in it; whatever body comes along is not for it. */
@Injectable()
export class CreateChildFile implements ContainerOperation {
  readonly name = 'CreateChildFile'
  readonly needs = 'edit'

  constructor(
    private readonly newFiles: NewFiles,
    private readonly containers: ContainerService,
    private readonly rights: ContainerRights,
    private readonly blobs: BlobStore,
    private readonly urls: WopiUrlIssuer,
    private readonly settings: Settings,
  ) {}

  async answer(request: ContainerRequest): Promise<Answer> {
    const { access } = request
    const outcome = await this.newFiles.put({
      request,
      userId: access.user.id,
      containerId: access.container.id,
      target: fileTarget(request, NEW_FILE),
      stillMay: async (tx) => {
        await this.containers.keep(tx, access.container.id)
        await this.rights.requireStill(tx, request, 'edit')
      },
      receive: () => this.blobs.receive(Readable.from([])),
      detail: { containerId: access.container.id },
    })
    if (outcome instanceof Answer) return outcome
    const pointer = { kind: 'file', id: outcome.id, role: 'editor' } as const
    const url = await this.urls.to(access, pointer)
    return jsonAnswer(200, { Name: outcome.name, Url: url, ...hostPages(this.settings, outcome.id) })
  }
}
