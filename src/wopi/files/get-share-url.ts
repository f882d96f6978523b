import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database, type Tx } from '../../database/database.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { ShareLinkService } from '../../permission/sharing/share-link.service.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { FileService } from '../../storage/files/file.service.js'
import type { ContainerOperation, ContainerRequest } from '../containers/container-operation.js'
import { ContainerRights } from '../guards/container-rights.js'
import { hostPage } from './host-page.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { shareRole } from './share-types.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header } from '../protocol/wopi-headers.js'

/** WOPI.md §8.5 and §9.8: a link for people, to a page of Tandem's. */
@Injectable()
export class GetShareUrl implements Operation, ContainerOperation {
  readonly name = 'GetShareUrl'
  readonly needs = 'read'

  constructor(
    private readonly database: Database,
    private readonly links: ShareLinkService,
    private readonly files: FileService,
    private readonly containers: ContainerService,
    private readonly fileRights: WopiAccess,
    private readonly containerRights: ContainerRights,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  async answer(request: WopiRequest | ContainerRequest): Promise<Answer> {
    const { access } = request
    const type = header(request, 'X-WOPI-UrlType')
    if (type === undefined) throw new WopiError('header-missing', 'X-WOPI-UrlType is required')
    const role = shareRole(access, type)
    if (role === undefined)
      throw new WopiError('operation-not-offered', `no link of the kind ${type} is offered to this user`)
    const object = objectOf(request)
    const { id } = object
    const { secret } = await this.database.transaction(async (tx) => {
      await this.requireStillOwner(tx, request)
      const link = await this.links.link(tx, object, role, access.user.id)
      if (link.made) {
        await this.audit.record(tx, {
          actor: access.user.id,
          action: 'share-link-created',
          objectId: id,
          outcome: 'done',
          correlationId: correlationId(request),
          detail: { link: link.id, role },
        })
      }
      return link
    })
    const page = role === 'viewer' ? 'view' : 'edit'
    return jsonAnswer(200, { ShareUrl: `${hostPage(this.settings, page, id)}?share=${secret}` })
  }

  private async requireStillOwner(tx: Tx, request: WopiRequest | ContainerRequest): Promise<void> {
    if (isOnFile(request)) {
      await this.files.lockHead(tx, request.params.id)
      await this.fileRights.requireStill(tx, request, 'own')
    } else {
      await this.containers.lockForUpdate(tx, request.params.id)
      await this.containerRights.requireStill(tx, request, 'own')
    }
  }
}

function objectOf(request: WopiRequest | ContainerRequest): GrantedObject {
  return isOnFile(request)
    ? { kind: 'file', id: request.params.id }
    : { kind: 'container', id: request.params.id }
}

function isOnFile(request: WopiRequest | ContainerRequest): request is WopiRequest {
  return 'file' in request.access
}
