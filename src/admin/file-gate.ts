import { Injectable } from '@nestjs/common'
import type { Tx } from '../database/database.js'
import type { ApiUser } from '../permission/api-user.js'
import { AccessService } from '../permission/access.service.js'
import { RANK, type Role } from '../permission/role.js'
import { ContainerService } from '../storage/container.service.js'
import { FileService, type Head } from '../storage/file.service.js'
import { ApiProblem } from './api-problem.js'

/** Lets a caller through to a file or container. What he may not even see does not exist for him. */
@Injectable()
export class FileGate {
  constructor(
    private readonly accesses: AccessService,
    private readonly files: FileService,
    private readonly containers: ContainerService,
  ) {}

  /** @throws ApiProblem not-found without any right, not-allowed with too little of it */
  async requireFile(caller: ApiUser, fileId: string, need: Role): Promise<Head> {
    const head = await this.files.head(fileId)
    const role = caller.role === 'admin' ? 'owner' : await this.accesses.roleOnFile(caller.id, fileId)
    if (!head || !role)
      throw new ApiProblem('not-found', 'There is no such file, or it is not shared with the caller.')
    requireRole(role, need)
    return head
  }

  /** The same for what describes a file, which an auditor may read of any; never for content, never for a change. */
  async requireFileFacts(caller: ApiUser, fileId: string, need: Role): Promise<Head> {
    return this.requireFile(asReader(caller), fileId, need)
  }

  /** Asks again inside a change's transaction: the right may have gone while the body was on its way. */
  async requireStill(tx: Tx, caller: ApiUser, fileId: string, need: Role): Promise<void> {
    if (caller.role === 'admin') return
    const role = await this.accesses.roleOnFile(caller.id, fileId, tx)
    if (!role) throw new ApiProblem('not-found', 'The file is no longer shared with the caller.')
    requireRole(role, need)
  }

  /** The right of the person himself, even if he is an administrator: for tokens, behind which nobody is one. */
  async personalRole(
    userId: string,
    { kind, id }: { readonly kind: 'file' | 'container'; readonly id: string },
  ): Promise<Role | undefined> {
    return kind === 'file' ? this.accesses.roleOnFile(userId, id) : this.accesses.roleOnContainer(userId, id)
  }

  /** Where a copy of a file goes: beside it for those who may write there, else among the person's own files. */
  async folderForCopy(caller: ApiUser, containerId: string): Promise<string> {
    const role =
      caller.role === 'admin' ? 'owner' : await this.accesses.roleOnContainer(caller.id, containerId)
    return role === 'editor' || role === 'owner' ? containerId : this.containers.homeOf(caller.id)
  }

  /** May the caller put a file into this container? */
  async mayFill(caller: ApiUser, containerId: string, on?: Tx): Promise<boolean> {
    if (caller.role === 'admin') return true
    const role = await this.accesses.roleOnContainer(caller.id, containerId, on)
    return role === 'editor' || role === 'owner'
  }

  /** Asks again inside a transaction that keeps the container. @throws ApiProblem when it is gone, or the right to it */
  async requireStillContainer(tx: Tx, caller: ApiUser, containerId: string): Promise<void> {
    if ((await this.containers.find(containerId, tx)) && (await this.mayFill(caller, containerId, tx))) return
    throw new ApiProblem('not-found', 'The container is gone, or the right to put something into it.')
  }

  /** @returns the container's id; without one, the caller's own home */
  async requireContainer(caller: ApiUser, containerId: string | undefined, need: Role): Promise<string> {
    if (containerId === undefined) return this.containers.homeOf(caller.id)
    const role =
      caller.role === 'admin' ? 'owner' : await this.accesses.roleOnContainer(caller.id, containerId)
    const known = await this.containers.find(containerId)
    if (!known || !role) {
      throw new ApiProblem('not-found', 'There is no such container, or it is not shared with the caller.')
    }
    requireRole(role, need)
    return containerId
  }

  /** The same for what describes a container, which an auditor may read of any. */
  async requireContainerFacts(caller: ApiUser, containerId: string, need: Role): Promise<void> {
    await this.requireContainer(asReader(caller), containerId, need)
  }
}

function asReader(caller: ApiUser): ApiUser {
  return caller.role === 'auditor' ? { ...caller, role: 'admin' } : caller
}

function requireRole(role: Role, need: Role): void {
  if (RANK[role] < RANK[need])
    throw new ApiProblem('not-allowed', `The caller is ${role} here, and must be ${need}.`)
}
