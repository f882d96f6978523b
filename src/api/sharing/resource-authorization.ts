import { Injectable } from '@nestjs/common'
import type { ApiUser } from '../../auth/api-user.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { ApiProblem } from '../http/api-problem.js'
import { FileAuthorization } from '../files/file-authorization.js'

/** Lets a caller through to what is shared of a file or container: `/files/ID/…` or `/containers/ID/…`. */
@Injectable()
export class ResourceAuthorization {
  constructor(private readonly authorization: FileAuthorization) {}

  async requireReadable(caller: ApiUser, kind: string, id: string): Promise<GrantedObject> {
    const object = objectAt(kind, id)
    if (object.kind === 'file') await this.authorization.requireFileFacts(caller, id, 'owner')
    else await this.authorization.requireContainerFacts(caller, id, 'owner')
    return object
  }
}

/** @throws ApiProblem not-found where the address names neither */
export function objectAt(kind: string, id: string): GrantedObject {
  if (kind === 'files') return { id, kind: 'file' }
  if (kind === 'containers') return { id, kind: 'container' }
  throw new ApiProblem('not-found', 'There is nothing at this address.')
}
