import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Database } from '../../database/database.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { requestedContainerName } from './container-name.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { ContainerRights } from '../guards/container-rights.js'
import { againIfNameTaken } from '../../storage/files/name-race.js'
import { WopiError } from '../protocol/wopi-error.js'

/** WOPI.md §9.6: the id stays, and so does everything in it. */
@Injectable()
export class RenameContainer implements ContainerOperation {
  readonly name = 'RenameContainer'
  readonly needs = 'own'

  constructor(
    private readonly database: Database,
    private readonly containers: ContainerService,
    private readonly rights: ContainerRights,
    private readonly audit: AuditService,
  ) {}

  answer(request: ContainerRequest): Promise<Answer> {
    const { container, user } = request.access
    if (container.isRoot) throw new WopiError('operation-not-offered', 'the root container is not renamed')
    const requested = requestedContainerName(request)
    return againIfNameTaken(() =>
      this.database.transaction(async (tx) => {
        await this.containers.lockForUpdate(tx, container.id)
        await this.rights.requireStill(tx, request, 'own')
        const { name, before } = await this.containers.renameNumbered(tx, container.id, requested)
        await this.audit.record(tx, {
          actor: user.id,
          action: 'container-renamed',
          objectId: container.id,
          outcome: 'done',
          correlationId: correlationId(request),
          detail: { from: before, to: name },
        })
        return jsonAnswer(200, { Name: name })
      }),
    )
  }
}
