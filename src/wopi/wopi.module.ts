import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { EventsModule } from '../events/events.module.js'
import { BootstrapperController } from './bootstrapper.controller.js'
import { ContainerOperations } from './container-operations.js'
import { ContainerRights } from './container-rights.js'
import { ContainersController } from './containers.controller.js'
import { EcosystemController } from './ecosystem.controller.js'
import { FileUrl } from './file-url.js'
import { FileUrlController } from './file-url.controller.js'
import { FilesController } from './files.controller.js'
import { NewFiles } from './new-files.service.js'
import { ChunkedPutHeaderReader } from './chunked-put-headers.js'
import { ChunkedPuts } from './chunked-put.js'
import { ChunkedSaveService } from './chunked-save.service.js'
import { FileStreams } from './file-streams.js'
import { IncrementalOperations } from './incremental-operations.js'
import { LockReasons } from './lock-reasons.js'
import { Operations } from './operations.js'
import { AddActivities } from './operations/add-activities.js'
import { Bootstrap } from './operations/bootstrap.js'
import { CheckContainerInfo } from './operations/check-container-info.js'
import { CheckEcosystem } from './operations/check-ecosystem.js'
import { CheckFileInfo } from './operations/check-file-info.js'
import { CreateChildContainer } from './operations/create-child-container.js'
import { CreateChildFile } from './operations/create-child-file.js'
import { CreateUploadSession } from './operations/create-upload-session.js'
import { DeleteContainer } from './operations/delete-container.js'
import { DeleteFile } from './operations/delete-file.js'
import { EnumerateAncestors } from './operations/enumerate-ancestors.js'
import { EnumerateChildren } from './operations/enumerate-children.js'
import { GetChunkedFile } from './operations/get-chunked-file.js'
import { GetChunks } from './operations/get-chunks.js'
import { GetEcosystem } from './operations/get-ecosystem.js'
import { GetFileWopiSrc } from './operations/get-file-wopi-src.js'
import { GetFile } from './operations/get-file.js'
import { GetLock } from './operations/get-lock.js'
import { GetNewAccessToken } from './operations/get-new-access-token.js'
import { GetSequenceNumber } from './operations/get-sequence-number.js'
import { GetShareUrl } from './operations/get-share-url.js'
import { GetRootContainer } from './operations/get-root-container.js'
import { GetCoauthLock } from './operations/get-coauth-lock.js'
import { GetCoauthTable } from './operations/get-coauth-table.js'
import { Lock } from './operations/lock.js'
import { PutChunkedFile } from './operations/put-chunked-file.js'
import { PutFile } from './operations/put-file.js'
import { PutRelativeFile } from './operations/put-relative-file.js'
import { PutUserInfo } from './operations/put-user-info.js'
import { RefreshLock } from './operations/refresh-lock.js'
import { RefreshCoauthLock } from './operations/refresh-coauth-lock.js'
import { RenameContainer } from './operations/rename-container.js'
import { RenameFile } from './operations/rename-file.js'
import { UnlockAndRelock } from './operations/unlock-and-relock.js'
import { UnlockCoauthLock } from './operations/unlock-coauth-lock.js'
import { Unlock } from './operations/unlock.js'
import { UpdateUploadSession } from './operations/update-upload-session.js'
import { Pointers } from './pointers.js'
import { PresenceController } from './presence.controller.js'
import { ProofCheck } from './proof-check.js'
import { ReadAudit } from './read-audit.js'
import { RefusedCalls } from './refused-calls.js'
import { RefusedSaves } from './refused-saves.service.js'
import { RevocationGrace } from './revocation-grace.service.js'
import { SaveAdmission } from './save-admission.service.js'
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
  controllers: [
    FilesController,
    FileUrlController,
    PresenceController,
    ContainersController,
    EcosystemController,
    BootstrapperController,
  ],
  providers: [
    Operations,
    ProofCheck,
    WopiAccess,
    NewFiles,
    Pointers,
    FileUrl,
    Sightings,
    RefusedCalls,
    ReadAudit,
    SaveService,
    SaveAdmission,
    LockReasons,
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
    GetCoauthLock,
    RefreshCoauthLock,
    UnlockCoauthLock,
    GetCoauthTable,
    PutRelativeFile,
    RenameFile,
    DeleteFile,
    PutUserInfo,
    EnumerateAncestors,
    GetEcosystem,
    GetShareUrl,
    AddActivities,
    IncrementalOperations,
    FileStreams,
    ChunkedPutHeaderReader,
    ChunkedPuts,
    ChunkedSaveService,
    GetSequenceNumber,
    GetChunkedFile,
    PutChunkedFile,
    GetChunks,
    CreateUploadSession,
    UpdateUploadSession,
    ContainerOperations,
    ContainerRights,
    CheckContainerInfo,
    EnumerateChildren,
    CreateChildFile,
    CreateChildContainer,
    RenameContainer,
    DeleteContainer,
    CheckEcosystem,
    GetRootContainer,
    GetFileWopiSrc,
    Bootstrap,
    GetNewAccessToken,
  ],
})
export class WopiModule {}
