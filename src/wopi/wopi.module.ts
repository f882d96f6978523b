import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { AuthModule } from '../auth/auth.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { SavingModule } from '../saving/saving.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { EventsModule } from '../events/events.module.js'
import { BootstrapperController } from './containers/bootstrapper.controller.js'
import { CONTAINER_OPERATIONS, ContainerOperations } from './containers/container-operations.js'
import { ContainerRights } from './guards/container-rights.js'
import { ContainersController } from './containers/containers.controller.js'
import { EcosystemController } from './containers/ecosystem.controller.js'
import { FileUrl } from './files/file-url.js'
import { FileUrlController } from './files/file-url.controller.js'
import { FilesController } from './files/files.controller.js'
import { ChunkedPutHeaderReader } from './incremental/chunked-put-headers.js'
import { ChunkedPuts } from './incremental/chunked-put.js'
import { FileStreams } from './incremental/file-streams.js'
import { LockReasons } from './locks/lock-reasons.js'
import { FILE_OPERATIONS, Operations } from './operations.js'
import { Bootstrap } from './containers/bootstrap.js'
import { GetNewAccessToken } from './containers/get-new-access-token.js'
import { WopiUrlIssuer } from './containers/wopi-url-issuer.js'
import { PresenceController } from './files/presence.controller.js'
import { ProofCheck } from './guards/proof-check.js'
import { ReadAudit } from './files/read-audit.js'
import { RefusedCalls } from './protocol/refused-calls.js'
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
    SavingModule,
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
    ...FILE_OPERATIONS,
    ProofCheck,
    WopiAccess,
    WopiUrlIssuer,
    FileUrl,
    PresenceReporter,
    RefusedCalls,
    ReadAudit,
    LockReasons,
    FileStreams,
    ChunkedPutHeaderReader,
    ChunkedPuts,
    ContainerOperations,
    ...CONTAINER_OPERATIONS,
    ContainerRights,
    Bootstrap,
    GetNewAccessToken,
  ],
})
export class WopiModule {}
