import { Injectable } from '@nestjs/common'
import type { Queryable } from '../../database/database.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import { AccessService } from '../../permission/access.service.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { isAtLeast, type Role } from '../../permission/role.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import { ApiProblem } from '../http/api-problem.js'
import { RefusedRight } from '../http/refused-right.js'

/**
 * Lets a caller through to a file or container. What callers may not even see does not exist for them. What changes
 * something goes through `Changes`, which asks again.
 */
@Injectable()
export class FileAuthorization {
  constructor(
    private readonly accesses: AccessService,
    private readonly files: FileService,
    private readonly containers: ContainerService,
  ) {}

  /** @throws ApiProblem not-found without any right, not-allowed with too little of it */
  async requireFile(caller: ApiUser, fileId: FileId, need: Role): Promise<Head> {
    const head = await this.files.head(fileId)
    const role = await this.roleOf(caller, { kind: 'file', id: fileId })
    if (!head) throw noSuch('file')
    requireRole({ kind: 'file', id: fileId }, role, need)
    return head
  }

  /** The same for what describes a file, which an auditor may read of any; never for content, never for a change. */
  async requireFileFacts(caller: ApiUser, fileId: FileId, need: Role): Promise<Head> {
    return this.requireFile(asReader(caller), fileId, need)
  }

  /** The right of the person alone, even of an administrator: nobody is one behind an access token. */
  async personalRole(userId: UserId, { kind, id }: GrantedObject, on?: Queryable): Promise<Role | undefined> {
    return kind === 'file'
      ? this.accesses.roleOnFile(userId, id, on)
      : this.accesses.roleOnContainer(userId, id, on)
  }

  /** Where a copy of a file goes: beside it for those who may write there, else among the person's own files. */
  async folderForCopy(caller: ApiUser, containerId: ContainerId): Promise<ContainerId> {
    return (await this.mayFill(caller, containerId)) ? containerId : this.containers.homeOf(caller.id)
  }

  /** May the caller put a file into this container? */
  async mayFill(caller: ApiUser, containerId: ContainerId): Promise<boolean> {
    return isAtLeast(await this.roleOf(caller, { kind: 'container', id: containerId }), 'editor')
  }

  /** @returns the container's id; without one, the caller's own home */
  async requireContainer(
    caller: ApiUser,
    containerId: ContainerId | undefined,
    need: Role,
  ): Promise<ContainerId> {
    if (containerId === undefined) return this.containers.homeOf(caller.id)
    const role = await this.roleOf(caller, { kind: 'container', id: containerId })
    const known = await this.containers.find(containerId)
    if (!known) throw noSuch('container')
    requireRole({ kind: 'container', id: containerId }, role, need)
    return containerId
  }

  /** The same for what describes a container, which an auditor may read of any. */
  async requireContainerFacts(caller: ApiUser, containerId: ContainerId, need: Role): Promise<void> {
    await this.requireContainer(asReader(caller), containerId, need)
  }

  /**
   * The right alone, of an object that is there.
   * @param on the transaction that holds the object's row, so that the answer is good until it ends
   * @throws ApiProblem as above
   */
  async requireRight(caller: ApiUser, object: GrantedObject, need: Role, on: Queryable): Promise<void> {
    requireRole(object, await this.roleOf(caller, object, on), need)
  }

  private async roleOf(caller: ApiUser, object: GrantedObject, on?: Queryable): Promise<Role | undefined> {
    return caller.role === 'admin' ? 'owner' : this.personalRole(caller.id, object, on)
  }
}

/** For what describes a file or container, and is none of its content: an auditor may read that of any. */
export function asReader(caller: ApiUser): ApiUser {
  return caller.role === 'auditor' ? { ...caller, role: 'admin' } : caller
}

export function noSuch(kind: GrantedObject['kind']): ApiProblem {
  return new ApiProblem('not-found', unknown(kind))
}

function unknown(kind: GrantedObject['kind']): string {
  return `There is no such ${kind}, or it is not shared with the caller.`
}

function requireRole({ kind, id }: GrantedObject, role: Role | undefined, need: Role): void {
  if (!role) throw new RefusedRight('not-found', unknown(kind), id)
  if (!isAtLeast(role, need))
    throw new RefusedRight('not-allowed', `The caller is ${role} here, and must be ${need}.`, id)
}
