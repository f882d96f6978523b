import { Injectable } from '@nestjs/common'
import type { ApiUser } from '../../auth/api-user.js'
import type { ContainerId, FileId } from '../../ids/ids.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { ApiProblem } from '../http/api-problem.js'
import { FileAuthorization } from '../files/file-authorization.js'

/** Lets a caller through to what is shared of a file or container: `/files/ID/…` or `/containers/ID/…`. */
@Injectable()
export class ResourceAuthorization {
  constructor(private readonly authorization: FileAuthorization) {}

  async requireReadable(caller: ApiUser, kind: string, id: string): Promise<GrantedObject> {
    const object = objectAt(kind, id)
    if (object.kind === 'file') await this.authorization.requireFileFacts(caller, object.id, 'owner')
    else await this.authorization.requireContainerFacts(caller, object.id, 'owner')
    return object
  }
}

/** @throws ApiProblem not-found where the address names neither */
export function objectAt(kind: string, id: string): GrantedObject {
  if (kind === 'files') return { kind: 'file', id: id as FileId }
  if (kind === 'containers') return { kind: 'container', id: id as ContainerId }
  throw new ApiProblem('not-found', 'There is nothing at this address.')
}
