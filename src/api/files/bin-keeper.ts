import { Injectable } from '@nestjs/common'
import { AuditService, type AuditAction } from '../../audit/audit.service.js'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import type { Tx } from '../../database/database.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { ContainerId, FileId } from '../../ids/ids.js'
import { AccessService } from '../../permission/access.service.js'
import { isAtLeast } from '../../permission/role.js'
import { Bin, type BinnedFile } from '../../storage/files/bin.service.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import { againIfNameTaken } from '../../storage/files/name-race.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { asReader, FileAuthorization } from './file-authorization.js'
import { RefusedRight } from '../http/refused-right.js'

const FILES_AT_ONCE = 100
const NOT_THERE = "There is no such file in the bin, or it is not the caller's."

/** Who does it, and by which call. */
export interface BinCaller {
  readonly caller: ApiUser
  readonly correlationId: string
}

/** Has deleted files back, or ends them. They are their owners' and the administrators'; to anybody else there is nothing. */
@Injectable()
export class BinKeeper {
  constructor(
    private readonly changes: Changes,
    private readonly bin: Bin,
    private readonly files: FileService,
    private readonly containers: ContainerService,
    private readonly accesses: AccessService,
    private readonly authorization: FileAuthorization,
    private readonly status: CoauthStatusService,
    private readonly audit: AuditService,
  ) {}

  /** @throws ApiProblem not-found */
  async require(caller: ApiUser, fileId: FileId): Promise<BinnedFile> {
    const file = await this.bin.find(fileId)
    if (!file) throw new ApiProblem('not-found', NOT_THERE)
    if (!(await this.mayHave(caller, fileId))) throw new RefusedRight('not-found', NOT_THERE, fileId)
    return file
  }

  /** The same for what describes a deleted file, which an auditor may read of any. */
  async requireFacts(caller: ApiUser, fileId: FileId): Promise<BinnedFile> {
    return this.require(asReader(caller), fileId)
  }

  /**
   * Where it was, where the caller may still write there; else among its owner's own files.
   * @param wanted a container to put it into instead
   */
  async restore(by: BinCaller, fileId: FileId, wanted: ContainerId | undefined): Promise<Head> {
    const file = await this.require(by.caller, fileId)
    const containerId = await this.destination(by.caller, file, wanted)
    return againIfNameTaken(() =>
      this.changes.by(by.caller, async (tx) => {
        await this.status.takeTurn(tx, fileId)
        await this.changes.lockForShare(tx, by.caller, { kind: 'container', id: containerId }, 'editor')
        await this.lockForUpdate(tx, by.caller, fileId)
        await this.bin.restore(tx, file, containerId)
        const head = await this.files.lockHead(tx, fileId)
        if (!head) throw new Error('a restored file vanished while its row was held')
        const detail = { name: head.name, containerId, deletedAt: file.deletedAt, deletedBy: file.deletedBy }
        await this.record(tx, by, 'file-restored', fileId, detail)
        await this.status.tellMoved(tx, { fileId, userId: by.caller.id, kind: 'file-restored' })
        return head
      }),
    )
  }

  /** For good. */
  async purge(by: BinCaller, fileId: FileId): Promise<void> {
    await this.require(by.caller, fileId)
    await this.changes.by(by.caller, async (tx) => {
      await this.lockForUpdate(tx, by.caller, fileId)
      await this.purgeHeld(tx, by, [fileId])
    })
  }

  /** What the caller owns, as far as it was in the bin when they asked. */
  async empty(by: BinCaller): Promise<void> {
    const asked = await this.bin.now()
    let files = 0
    for (let last = FILES_AT_ONCE; last === FILES_AT_ONCE; files += last) {
      last = await this.changes.by(by.caller, async (tx) => {
        const ids = await this.bin.lockOwned(tx, by.caller.id, asked, FILES_AT_ONCE)
        await this.purgeHeld(tx, by, ids)
        if (ids.length < FILES_AT_ONCE)
          await this.record(tx, by, 'bin-emptied', by.caller.id, { files: files + ids.length })
        return ids.length
      })
    }
  }

  private async destination(
    caller: ApiUser,
    { ownerId, containerId, containerName }: BinnedFile,
    wanted: ContainerId | undefined,
  ): Promise<ContainerId> {
    if (wanted !== undefined) return this.authorization.requireContainer(caller, wanted, 'editor')
    const isThere = containerName !== null
    if (isThere && (await this.authorization.mayFill(caller, containerId))) return containerId
    return this.authorization.requireContainer(caller, await this.containers.homeOf(ownerId), 'editor')
  }

  private async lockForUpdate(tx: Tx, caller: ApiUser, fileId: FileId): Promise<void> {
    const isThere = await this.bin.lockForUpdate(tx, fileId)
    const byNow = await this.changes.asTheyAre(tx, caller)
    if (!isThere || !(await this.mayHave(byNow, fileId, tx))) throw new ApiProblem('not-found', NOT_THERE)
  }

  private async mayHave(caller: ApiUser, fileId: FileId, tx?: Tx): Promise<boolean> {
    if (caller.role === 'admin') return true
    return isAtLeast(await this.accesses.roleInBin(caller.id, fileId, tx), 'owner')
  }

  private async purgeHeld(tx: Tx, by: BinCaller, ids: readonly FileId[]): Promise<void> {
    for (const { id, detail } of await this.bin.purge(tx, ids)) {
      await this.record(tx, by, 'file-purged', id, detail)
    }
  }

  private async record(
    tx: Tx,
    { caller, correlationId }: BinCaller,
    action: AuditAction,
    objectId: string,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.audit.record(tx, {
      actor: caller.id,
      action,
      objectId,
      outcome: 'done',
      correlationId,
      detail,
    })
  }
}
