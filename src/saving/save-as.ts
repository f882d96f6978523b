import { Injectable } from '@nestjs/common'
import type { Tx } from '../database/database.js'
import type { ContainerId, FileId, UserId } from '../ids/ids.js'
import type { LockState } from '../lock/lock-state.js'
import { AccessService } from '../permission/access.service.js'
import { FileService } from '../storage/files/file.service.js'
import { NameTaken } from '../storage/storage-errors.js'
import { FileWrites } from './file-write.js'
import { NewFiles } from './new-file.js'
import type { ReceivedBlob } from './received-blob.js'
import { rolePermitsSave } from './save-permission.js'

/** What something new is to be called: a suggestion may be altered, an exact name may not (WOPI.md §8.1, §9.4, §9.5). */
export type TargetName =
  | { readonly mode: 'suggested'; readonly name: string }
  | { readonly mode: 'exact'; readonly name: string; readonly overwrite: boolean }

export interface SaveAsTarget {
  readonly userId: UserId
  readonly containerId: ContainerId
  readonly target: TargetName
  readonly correlationId: string
  /** Takes the rows that are before a file's. */
  readonly first: (tx: Tx) => Promise<unknown>
  /** May the user put a file here, still? @throws the adapter's refusal */
  readonly stillMay: (tx: Tx) => Promise<unknown>
  /** For the audit. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** Nothing of it is kept: whoever saves a copy has what it is a copy of. */
export type SaveAsRefused = {
  readonly kind: 'refused'
  readonly reason: undefined
} & (
  | { readonly why: 'name-taken'; readonly freeName: string }
  /** The file of that name. */
  | { readonly why: 'locked'; readonly lock: LockState }
  | { readonly why: 'may-not-overwrite' | 'no-such-file' }
)

export type SaveAsOutcome =
  { readonly kind: 'saved'; readonly id: FileId; readonly name: string } | SaveAsRefused

/** Where the content will go. */
export type Place = { readonly kind: 'new' } | { readonly kind: 'over'; readonly fileId: FileId }

/** PutRelativeFile and CreateChildFile: under a suggested or an exact name, over another file perhaps (WOPI.md §8.1, §9.4). */
@Injectable()
export class SaveAs {
  constructor(
    private readonly writes: FileWrites,
    private readonly newFiles: NewFiles,
    private readonly files: FileService,
    private readonly accesses: AccessService,
  ) {}

  /** Before the content is received: is it wanted? */
  async placeFor({ userId, containerId, target }: SaveAsTarget): Promise<Place | SaveAsRefused> {
    if (target.mode === 'suggested') return { kind: 'new' }
    const fileId = await this.files.findByName(containerId, target.name)
    if (fileId === undefined) return { kind: 'new' }
    if (!target.overwrite) return this.nameTaken(containerId, target.name)
    return (await this.mayOverwrite(userId, fileId))
      ? { kind: 'over', fileId }
      : refused({ why: 'may-not-overwrite' })
  }

  save(to: SaveAsTarget, place: Place, received: ReceivedBlob): Promise<SaveAsOutcome> {
    return place.kind === 'new' ? this.create(to, received) : this.overwrite(to, place.fileId, received)
  }

  private async create(to: SaveAsTarget, received: ReceivedBlob): Promise<SaveAsOutcome> {
    const { target, containerId, userId, detail, correlationId } = to
    try {
      const { id, name } = await this.newFiles.create({
        containerId,
        name: target.name,
        naming: target.mode === 'exact' ? 'exact' : 'numbered',
        owner: userId,
        content: received.content,
        received,
        correlationId,
        stillMay: async (tx) => {
          await to.first(tx)
          await to.stillMay(tx)
        },
        audit: (made) => ({
          action: 'file-created',
          objectId: made.id,
          detail: { name: made.name, ...detail },
        }),
      })
      return { kind: 'saved', id, name }
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error
      return this.nameTaken(containerId, target.name)
    }
  }

  /** The overwritten file keeps its id, its history and whoever has it open. */
  private async overwrite(to: SaveAsTarget, fileId: FileId, received: ReceivedBlob): Promise<SaveAsOutcome> {
    const { userId, correlationId, detail } = to
    const outcome = await this.writes.write<SaveAsRefused, undefined>({
      fileId,
      right: { of: 'caller', userId, stillMay: to.stillMay },
      correlationId,
      received,
      first: to.first,
      judge: async (tx, { lock }) => {
        if (!(await this.mayOverwrite(userId, fileId, tx)))
          return { kind: 'refused', refusal: refused({ why: 'may-not-overwrite' }) }
        if (lock.kind !== 'none') return { kind: 'refused', refusal: refused({ why: 'locked', lock }) }
        const next = {
          content: received.content,
          editors: [],
          cause: 'save',
          audit: { action: 'save', detail },
        } as const
        return { kind: 'write', next, said: undefined }
      },
    })
    switch (outcome.kind) {
      case 'written':
        return { kind: 'saved', id: fileId, name: outcome.head.name }
      case 'refused':
        return outcome.refusal
      default:
        return refused({ why: 'no-such-file' })
    }
  }

  private async mayOverwrite(userId: UserId, fileId: FileId, on?: Tx): Promise<boolean> {
    return rolePermitsSave(await this.accesses.roleOnFile(userId, fileId, on))
  }

  /** With a name that is free, which editors retry with by themselves. */
  private async nameTaken(containerId: ContainerId, name: string): Promise<SaveAsRefused> {
    return refused({ why: 'name-taken', freeName: await this.files.freeName(containerId, name) })
  }
}

type Why<T> = T extends unknown ? Omit<T, 'kind' | 'reason'> : never

function refused(why: Why<SaveAsRefused>): SaveAsRefused {
  return { kind: 'refused', reason: undefined, ...why }
}
