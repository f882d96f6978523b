import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { AuthModule } from '../auth/auth.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { EventsModule } from '../events/events.module.js'
import { BootstrapperController } from './containers/bootstrapper.controller.js'
import { ContainerOperations } from './containers/container-operations.js'
import { ContainerRights } from './guards/container-rights.js'
import { ContainersController } from './containers/containers.controller.js'
import { EcosystemController } from './containers/ecosystem.controller.js'
import { FileUrl } from './files/file-url.js'
import { FileUrlController } from './files/file-url.controller.js'
import { FilesController } from './files/files.controller.js'
import { NewFiles } from './saves/new-files.service.js'
import { ChunkedPutHeaderReader } from './incremental/chunked-put-headers.js'
import { ChunkedPuts } from './incremental/chunked-put.js'
import { ChunkedSaveService } from './incremental/chunked-save.service.js'
import { FileStreams } from './incremental/file-streams.js'
import { IncrementalOperations } from './incremental/incremental-operations.js'
import { LockReasons } from './locks/lock-reasons.js'
import { Operations } from './operations.js'
import { AddActivities } from './files/add-activities.js'
import { Bootstrap } from './containers/bootstrap.js'
import { CheckContainerInfo } from './containers/check-container-info.js'
import { CheckEcosystem } from './containers/check-ecosystem.js'
import { CheckFileInfo } from './files/check-file-info.js'
import { CreateChildContainer } from './containers/create-child-container.js'
import { CreateChildFile } from './containers/create-child-file.js'
import { CreateUploadSession } from './incremental/create-upload-session.js'
import { DeleteContainer } from './containers/delete-container.js'
import { DeleteFile } from './files/delete-file.js'
import { EnumerateAncestors } from './containers/enumerate-ancestors.js'
import { EnumerateChildren } from './containers/enumerate-children.js'
import { GetChunkedFile } from './incremental/get-chunked-file.js'
import { GetChunks } from './incremental/get-chunks.js'
import { GetEcosystem } from './containers/get-ecosystem.js'
import { GetFileWopiSrc } from './containers/get-file-wopi-src.js'
import { GetFile } from './files/get-file.js'
import { GetLock } from './locks/get-lock.js'
import { GetNewAccessToken } from './containers/get-new-access-token.js'
import { GetSequenceNumber } from './incremental/get-sequence-number.js'
import { GetShareUrl } from './files/get-share-url.js'
import { GetRootContainer } from './containers/get-root-container.js'
import { GetCoauthLock } from './locks/get-coauth-lock.js'
import { GetCoauthTable } from './locks/get-coauth-table.js'
import { Lock } from './locks/lock.js'
import { PutChunkedFile } from './incremental/put-chunked-file.js'
import { PutFile } from './saves/put-file.js'
import { PutRelativeFile } from './saves/put-relative-file.js'
import { PutUserInfo } from './files/put-user-info.js'
import { RefreshLock } from './locks/refresh-lock.js'
import { RefreshCoauthLock } from './locks/refresh-coauth-lock.js'
import { RenameContainer } from './containers/rename-container.js'
import { RenameFile } from './files/rename-file.js'
import { UnlockAndRelock } from './locks/unlock-and-relock.js'
import { UnlockCoauthLock } from './locks/unlock-coauth-lock.js'
import { Unlock } from './locks/unlock.js'
import { UpdateUploadSession } from './incremental/update-upload-session.js'
import { WopiUrlIssuer } from './containers/wopi-url-issuer.js'
import { PresenceController } from './files/presence.controller.js'
import { ProofCheck } from './guards/proof-check.js'
import { ReadAudit } from './files/read-audit.js'
import { RefusedCalls } from './protocol/refused-calls.js'
import { RefusedSaves } from './saves/refused-saves.service.js'
import { RevocationGrace } from './saves/revocation-grace.service.js'
import { SaveAdmission } from './saves/save-admission.service.js'
import { SaveService } from './saves/save.service.js'
import { PresenceReporter } from './files/presence-reporter.js'
import { WopiAccess } from './guards/wopi-access.js'

@Module({
  imports: [
    AuditModule,
    AuthModule,
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
    WopiUrlIssuer,
    FileUrl,
    PresenceReporter,
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
