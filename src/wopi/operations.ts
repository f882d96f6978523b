import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { IncrementalOperations } from './incremental/incremental-operations.js'
import type { Operation, WopiRequest } from './protocol/operation.js'
import { CheckFileInfo } from './files/check-file-info.js'
import { AddActivities } from './files/add-activities.js'
import { DeleteFile } from './files/delete-file.js'
import { EnumerateAncestors } from './containers/enumerate-ancestors.js'
import { GetCoauthLock } from './locks/get-coauth-lock.js'
import { GetCoauthTable } from './locks/get-coauth-table.js'
import { GetEcosystem } from './containers/get-ecosystem.js'
import { GetFile } from './files/get-file.js'
import { GetShareUrl } from './files/get-share-url.js'
import { GetLock } from './locks/get-lock.js'
import { Lock } from './locks/lock.js'
import { PutFile } from './saves/put-file.js'
import { PutRelativeFile } from './saves/put-relative-file.js'
import { PutUserInfo } from './files/put-user-info.js'
import { RefreshCoauthLock } from './locks/refresh-coauth-lock.js'
import { RefreshLock } from './locks/refresh-lock.js'
import { RenameFile } from './files/rename-file.js'
import { UnlockCoauthLock } from './locks/unlock-coauth-lock.js'
import { Unlock } from './locks/unlock.js'
import { UnlockAndRelock } from './locks/unlock-and-relock.js'
import { lastSegment, overrideOf, overrideOfContents, unknownOperation } from './protocol/override.js'
import { WopiError } from './protocol/wopi-error.js'

/** Which operation a request means: by path, and for POST by X-WOPI-Override (WOPI.md §2.1, §4). */
@Injectable()
export class Operations {
  private readonly onFile: Map<string, Operation>
  private readonly reads: ReadonlyMap<string, Operation>
  private readonly onContents: ReadonlyMap<string, Operation>

  constructor(
    private readonly checkFileInfo: CheckFileInfo,
    getFile: GetFile,
    putFile: PutFile,
    lock: Lock,
    private readonly unlockAndRelock: UnlockAndRelock,
    refreshLock: RefreshLock,
    unlock: Unlock,
    getLock: GetLock,
    putRelativeFile: PutRelativeFile,
    renameFile: RenameFile,
    deleteFile: DeleteFile,
    putUserInfo: PutUserInfo,
    enumerateAncestors: EnumerateAncestors,
    getEcosystem: GetEcosystem,
    getShareUrl: GetShareUrl,
    addActivities: AddActivities,
    getCoauthLock: GetCoauthLock,
    refreshCoauthLock: RefreshCoauthLock,
    unlockCoauthLock: UnlockCoauthLock,
    getCoauthTable: GetCoauthTable,
    { coauthProfile }: Settings,
    incremental: IncrementalOperations,
  ) {
    this.reads = new Map<string, Operation>([
      ['contents', getFile],
      ['ancestry', enumerateAncestors],
      ['ecosystem_pointer', getEcosystem],
    ])
    this.onContents = new Map<string, Operation>([['PUT', putFile], ...incremental.onContents])
    this.onFile = new Map<string, Operation>([
      ['LOCK', lock],
      ['REFRESH_LOCK', refreshLock],
      ['UNLOCK', unlock],
      ['GET_LOCK', getLock],
      ['PUT_RELATIVE', putRelativeFile],
      ['RENAME_FILE', renameFile],
      ['DELETE', deleteFile],
      ['PUT_USER_INFO', putUserInfo],
      ['GET_SHARE_URL', getShareUrl],
      ['ADD_ACTIVITIES', addActivities],
      ...incremental.onFile,
    ])
    if (coauthProfile === 'web') return
    this.onFile.set('GET_COAUTH_LOCK', getCoauthLock)
    this.onFile.set('REFRESH_COAUTH_LOCK', refreshCoauthLock)
    this.onFile.set('UNLOCK_COAUTH_LOCK', unlockCoauthLock)
    this.onFile.set('GET_COAUTH_TABLE', getCoauthTable)
  }

  /** @returns the refusal, not thrown, because a caller without any right must be told 404 first */
  find(request: WopiRequest): Operation | WopiError {
    const below = lastSegment(request)
    if (request.method !== 'POST') return this.reads.get(below) ?? this.checkFileInfo
    const override = below === 'contents' ? overrideOfContents(request) : overrideOf(request)
    if (override instanceof WopiError) return override
    const operation = (below === 'contents' ? this.onContents : this.onFile).get(override)
    if (!operation) return unknownOperation(override)
    // Lock and UnlockAndRelock share their name and differ by this header; empty counts as absent (WOPI.md §2.1).
    return override === 'LOCK' && request.headers['x-wopi-oldlock'] ? this.unlockAndRelock : operation
  }
}
