import { Injectable } from '@nestjs/common'
import { Readable } from 'node:stream'
import { Settings } from '../../config/settings.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { ReceivedBlobs } from '../../saving/received-blob.js'
import { SaveAs, type SaveAsOutcome, type SaveAsTarget } from '../../saving/save-as.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { ContainerRights } from '../guards/container-rights.js'
import { hostPages } from '../files/host-page.js'
import { saveAsRefusedAnswer } from '../saves/new-file-answer.js'
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
    private readonly saveAs: SaveAs,
    private readonly containers: ContainerService,
    private readonly rights: ContainerRights,
    private readonly received: ReceivedBlobs,
    private readonly urls: WopiUrlIssuer,
    private readonly settings: Settings,
  ) {}

  async answer(request: ContainerRequest): Promise<Answer> {
    const { container, user } = request.access
    const outcome = await this.create({
      userId: user.id,
      containerId: container.id,
      target: fileTarget(request, NEW_FILE),
      correlationId: correlationId(request),
      first: (tx) => this.containers.lockForShare(tx, container.id),
      stillMay: (tx) => this.rights.requireStill(tx, request, 'edit'),
      detail: { containerId: container.id },
    })
    if (outcome.kind === 'refused') return saveAsRefusedAnswer(outcome)
    const { id, name } = outcome
    const url = await this.urls.to(request.access, { kind: 'file', id, role: 'editor' })
    return jsonAnswer(200, { Name: name, Url: url, ...hostPages(this.settings, id) })
  }

  private async create(to: SaveAsTarget): Promise<SaveAsOutcome> {
    const place = await this.saveAs.placeFor(to)
    if (place.kind === 'refused') return place
    await using received = await this.received.receive(Readable.from([]))
    return await this.saveAs.save(to, place, received)
  }
}
