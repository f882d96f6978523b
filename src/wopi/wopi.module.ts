import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { FilesController } from './files.controller.js'
import { Operations } from './operations.js'
import { CheckFileInfo } from './operations/check-file-info.js'
import { DeleteFile } from './operations/delete-file.js'
import { GetFile } from './operations/get-file.js'
import { GetLock } from './operations/get-lock.js'
import { Lock } from './operations/lock.js'
import { PutFile } from './operations/put-file.js'
import { PutRelativeFile } from './operations/put-relative-file.js'
import { PutUserInfo } from './operations/put-user-info.js'
import { RefreshLock } from './operations/refresh-lock.js'
import { RenameFile } from './operations/rename-file.js'
import { Unlock } from './operations/unlock.js'
import { UnlockAndRelock } from './operations/unlock-and-relock.js'
import { RefusedSaves } from './refused-saves.service.js'
import { SaveService } from './save.service.js'
import { WopiAccess } from './wopi-access.js'

@Module({
  imports: [AuditModule, LockModule, PermissionModule, StorageModule],
  controllers: [FilesController],
  providers: [
    Operations,
    WopiAccess,
    SaveService,
    RefusedSaves,
    CheckFileInfo,
    GetFile,
    PutFile,
    Lock,
    UnlockAndRelock,
    RefreshLock,
    Unlock,
    GetLock,
    PutRelativeFile,
    RenameFile,
    DeleteFile,
    PutUserInfo,
  ],
})
export class WopiModule {}
