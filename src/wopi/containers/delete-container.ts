import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Database } from '../../database/database.js'
import { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { ContainerRights } from '../guards/container-rights.js'
import { WopiError } from '../protocol/wopi-error.js'

/** WOPI.md §9.7: only when it is empty, so that nobody's document goes with a folder. */
@Injectable()
export class DeleteContainer implements ContainerOperation {
  readonly name = 'DeleteContainer'
  readonly needs = 'own'

  constructor(
    private readonly database: Database,
    private readonly containers: ContainerService,
    private readonly rights: ContainerRights,
    private readonly audit: AuditService,
  ) {}

  answer(request: ContainerRequest): Promise<Answer> {
    const { container, user } = request.access
    if (container.isRoot) throw new WopiError('operation-not-offered', 'the root container is not deleted')
    return this.database.transaction(async (tx) => {
      await this.containers.lockForUpdate(tx, container.id)
      await this.rights.requireStill(tx, request, 'own')
      if ((await this.containers.deleteEmpty(tx, container.id)) === 'not-empty')
        throw new WopiError('container-not-empty', 'the container has files or containers in it')
      await this.audit.record(tx, {
        actor: user.id,
        action: 'container-deleted',
        objectId: container.id,
        outcome: 'done',
        correlationId: correlationId(request),
        detail: { name: container.name },
      })
      return new Answer(200)
    })
  }
}
