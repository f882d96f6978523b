import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { EventsModule } from '../events/events.module.js'
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
import { PresenceController } from './presence.controller.js'
import { ProofCheck } from './proof-check.js'
import { RefusedSaves } from './refused-saves.service.js'
import { RevocationGrace } from './revocation-grace.service.js'
import { SaveService } from './save.service.js'
import { Sightings } from './sightings.js'
import { WopiAccess } from './wopi-access.js'

@Module({
  imports: [
    AuditModule,
    CoauthStatusModule,
    DiscoveryModule,
    EventsModule,
    LockModule,
    PermissionModule,
    StorageModule,
  ],
  controllers: [FilesController, PresenceController],
  providers: [
    Operations,
    ProofCheck,
    WopiAccess,
    Sightings,
    SaveService,
    RefusedSaves,
    RevocationGrace,
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
