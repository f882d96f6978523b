import { Injectable } from '@nestjs/common'
import { Database, type Tx } from '../../database/database.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import type { Role } from '../../permission/role.js'
import { UserService } from '../../auth/user.service.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import { ApiProblem } from './api-problem.js'
import { FileAuthorization, noSuch } from '../files/file-authorization.js'

/**
 * The one way to change something at this face, and the only one that opens a transaction (test/architecture). Whether
 * the caller may is asked twice: before, so that a stranger waits for no row; and inside the transaction, behind the
 * row that the change may have waited for, because right, role and sign-in may be gone by then.
 */
@Injectable()
export class Changes {
  constructor(
    private readonly database: Database,
    private readonly authorization: FileAuthorization,
    private readonly users: UserService,
    private readonly files: FileService,
    private readonly containers: ContainerService,
  ) {}

  /**
   * To a file: nobody else changes it until this is done.
   * @param work is given the head as it is under the row
   * @param first takes what is locked before a file's row: the turn on its session (docs/architecture.md)
   * @throws ApiProblem not-found, not-allowed, not-signed-in
   */
  async toFile<T>(
    caller: ApiUser,
    fileId: FileId,
    need: Role,
    work: (tx: Tx, head: Head) => Promise<T>,
    first?: (tx: Tx) => Promise<unknown>,
  ): Promise<T> {
    await this.authorization.requireFile(caller, fileId, need)
    return this.database.transaction(async (tx) => {
      await first?.(tx)
      return work(tx, await this.lockFile(tx, caller, fileId, need))
    })
  }

  /** The file's row, and behind it the right once more. @throws ApiProblem as above */
  async lockFile(tx: Tx, caller: ApiUser, fileId: FileId, need: Role): Promise<Head> {
    const head = await this.files.lockHead(tx, fileId)
    if (!head) throw deletedMeanwhile()
    await this.requireStill(tx, caller, { kind: 'file', id: fileId }, need)
    return head
  }

  /** To what is shared of a file or container: nobody else changes that, or the object itself, until this is done. */
  async toObject<T>(caller: ApiUser, object: GrantedObject, work: (tx: Tx) => Promise<T>): Promise<T> {
    if (object.kind === 'file') return this.toFile(caller, object.id, 'owner', work)
    await this.authorization.requireContainer(caller, object.id, 'owner')
    return this.database.transaction(async (tx) => {
      if (!(await this.containers.lockSharing(tx, object.id))) throw noSuch('container')
      await this.requireStill(tx, caller, object, 'owner')
      return work(tx)
    })
  }

  /** Of what does not change the object, which only has to be there until this is done; saves need not wait for it. */
  async beside<T>(
    caller: ApiUser,
    object: GrantedObject,
    need: Role,
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    const { kind, id } = object
    if (kind === 'file') await this.authorization.requireFile(caller, id, need)
    else await this.authorization.requireContainer(caller, id, need)
    return this.database.transaction(async (tx) => {
      await this.lockForShare(tx, caller, object, need)
      return work(tx)
    })
  }

  /** The same for one more object of a change that is under way, such as the folder that a copy goes to. */
  async lockForShare(tx: Tx, caller: ApiUser, object: GrantedObject, need: Role): Promise<void> {
    const { kind, id } = object
    const there =
      kind === 'file' ? await this.files.lockForShare(tx, id) : await this.containers.lockForShare(tx, id)
    if (!there) throw noSuch(kind)
    await this.requireStill(tx, caller, object, need)
  }

  /**
   * By somebody whose sign-in is all the right that it takes: an administrator, or anybody with what is their own. It
   * is asked last, behind every row that the work waited for.
   */
  async by<T>(caller: ApiUser, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const done = await work(tx)
      await this.requireStanding(tx, caller)
      return done
    })
  }

  /**
   * For a change of content, which `saving` makes in a transaction of its own, behind the file's row.
   * @returns the right, once more
   */
  stillMay(caller: ApiUser, object: GrantedObject, need: Role): (tx: Tx) => Promise<void> {
    return (tx) => this.requireStill(tx, caller, object, need)
  }

  /** The caller with the role that they have by now. @throws ApiProblem not-signed-in */
  async asTheyAre(tx: Tx, caller: ApiUser): Promise<ApiUser> {
    const role = await this.users.standing(caller, tx)
    if (!role) throw notSignedIn()
    return { ...caller, role }
  }

  private async requireStill(tx: Tx, caller: ApiUser, object: GrantedObject, need: Role): Promise<void> {
    await this.authorization.requireRight(await this.asTheyAre(tx, caller), object, need, tx)
  }

  private async requireStanding(tx: Tx, caller: ApiUser): Promise<void> {
    const { role } = await this.asTheyAre(tx, caller)
    if (role !== caller.role) throw new ApiProblem('not-allowed', `The caller is no ${caller.role} any more.`)
  }
}

export function deletedMeanwhile(): ApiProblem {
  return new ApiProblem('not-found', 'The file was deleted meanwhile.')
}

function notSignedIn(): ApiProblem {
  return new ApiProblem('not-signed-in', 'The caller was signed out, or the account disabled.')
}
