import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Database } from '../../database/database.js'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ContainerId } from '../../ids/ids.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { NameTaken } from '../../storage/storage-errors.js'
import { containerInfo } from './container-info.js'
import { containerTarget } from './container-name.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { ContainerRights } from '../guards/container-rights.js'
import { WopiUrlIssuer } from './wopi-url-issuer.js'
import type { TargetName } from '../../saving/save-as.js'
import { encodeUtf7 } from '../protocol/utf7.js'

/** WOPI.md §9.5. The new container is its maker's own. */
@Injectable()
export class CreateChildContainer implements ContainerOperation {
  readonly name = 'CreateChildContainer'
  readonly needs = 'edit'

  constructor(
    private readonly database: Database,
    private readonly containers: ContainerService,
    private readonly rights: ContainerRights,
    private readonly urls: WopiUrlIssuer,
    private readonly audit: AuditService,
  ) {}

  async answer(request: ContainerRequest): Promise<Answer> {
    const { access } = request
    const target = containerTarget(request)
    try {
      const { id, name } = await this.create(request, target)
      const made = { container: { id, name, isRoot: false }, mode: access.mode, role: 'owner' } as const
      return jsonAnswer(200, {
        ContainerPointer: {
          Name: name,
          Url: await this.urls.to(access, { kind: 'container', id, role: 'owner' }),
        },
        ContainerInfo: containerInfo(made),
      })
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error
      return this.takenAnswer(access.container.id, target.name)
    }
  }

  private create(request: ContainerRequest, target: TargetName): Promise<{ id: ContainerId; name: string }> {
    const { container, user } = request.access
    return this.database.transaction(async (tx) => {
      await this.containers.lockForShare(tx, container.id)
      await this.rights.requireStill(tx, request, 'edit')
      const made =
        target.mode === 'suggested'
          ? await this.containers.createNumbered(tx, container.id, target.name, user.id)
          : {
              id: await this.containers.create(tx, container.id, target.name, user.id),
              name: target.name,
            }
      await this.audit.record(tx, {
        actor: user.id,
        action: 'container-created',
        objectId: made.id,
        outcome: 'done',
        correlationId: correlationId(request),
        detail: { name: made.name, parentId: container.id },
      })
      return made
    })
  }

  private async takenAnswer(parentId: ContainerId, name: string): Promise<Answer> {
    const free = await this.containers.freeName(parentId, name)
    return new Answer(409, { 'X-WOPI-ValidRelativeTarget': encodeUtf7(free) })
  }
}
