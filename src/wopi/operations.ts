import { Injectable, type OnModuleInit, type Type } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import type { IncomingMessage } from 'node:http'
import { Settings } from '../config/settings.js'
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
import { CreateUploadSession } from './incremental/create-upload-session.js'
import { GetChunkedFile } from './incremental/get-chunked-file.js'
import { GetChunks } from './incremental/get-chunks.js'
import { GetSequenceNumber } from './incremental/get-sequence-number.js'
import { PutChunkedFile } from './incremental/put-chunked-file.js'
import { UpdateUploadSession } from './incremental/update-upload-session.js'
import { provided, type OperationTable } from './protocol/operation-table.js'
import type { FileOperation } from './protocol/operation.js'

type Table = OperationTable<FileOperation>

/** POST /files/ID, by X-WOPI-Override (WOPI.md §4). */
const ON_FILE: Table = {
  LOCK: Lock,
  REFRESH_LOCK: RefreshLock,
  UNLOCK: Unlock,
  GET_LOCK: GetLock,
  PUT_RELATIVE: PutRelativeFile,
  RENAME_FILE: RenameFile,
  DELETE: DeleteFile,
  PUT_USER_INFO: PutUserInfo,
  GET_SHARE_URL: GetShareUrl,
  ADD_ACTIVITIES: AddActivities,
}

/** POST /files/ID/contents, by X-WOPI-Override. */
const ON_CONTENTS: Table = { PUT: PutFile }

/** GET, by the last part of the path; the file's own address is CheckFileInfo's. */
const READS: Table = {
  contents: GetFile,
  ancestry: EnumerateAncestors,
  ecosystem_pointer: GetEcosystem,
}

/** WOPI.md §12 and §13: only with `COAUTH_PROFILE=plus`. */
const PLUS_ON_FILE: Table = {
  GET_COAUTH_LOCK: GetCoauthLock,
  REFRESH_COAUTH_LOCK: RefreshCoauthLock,
  UNLOCK_COAUTH_LOCK: UnlockCoauthLock,
  GET_COAUTH_TABLE: GetCoauthTable,
  GET_SEQUENCE_NUMBER: GetSequenceNumber,
  GET_CHUNKED_FILE: GetChunkedFile,
  GET_CHUNKS: GetChunks,
  CREATE_UPLOAD_SESSION: CreateUploadSession,
  UPDATE_UPLOAD_SESSION: UpdateUploadSession,
}
const PLUS_ON_CONTENTS: Table = { PUT_CHUNKED_FILE: PutChunkedFile }

/** Every operation on a file, for the module to provide. */
export const FILE_OPERATIONS: readonly Type<FileOperation>[] = [
  CheckFileInfo,
  UnlockAndRelock,
  ...[ON_FILE, ON_CONTENTS, READS, PLUS_ON_FILE, PLUS_ON_CONTENTS].flatMap((table) => Object.values(table)),
]

/** Which operation a request means: by path, and for POST by X-WOPI-Override (WOPI.md §2.1, §4). */
@Injectable()
export class Operations implements OnModuleInit {
  private reads: ReadonlyMap<string, FileOperation> = new Map()
  private onFile = this.reads
  private onContents = this.reads

  constructor(
    private readonly module: ModuleRef,
    private readonly checkFileInfo: CheckFileInfo,
    private readonly unlockAndRelock: UnlockAndRelock,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    const isPlus = this.settings.coauthProfile === 'plus'
    this.reads = provided(this.module, READS)
    this.onFile = provided(this.module, { ...ON_FILE, ...(isPlus && PLUS_ON_FILE) })
    this.onContents = provided(this.module, { ...ON_CONTENTS, ...(isPlus && PLUS_ON_CONTENTS) })
  }

  /** @returns the refusal, not thrown, because a caller without any right must be told 404 first */
  find(request: IncomingMessage): FileOperation | WopiError {
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
