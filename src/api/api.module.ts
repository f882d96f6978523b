import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { AuthModule } from '../auth/auth.module.js'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { EventsModule } from '../events/events.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { SavingModule } from '../saving/saving.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { AccessTokenIssuer } from './sharing/access-token-issuer.js'
import { AccessTokensController } from './sharing/access-tokens.controller.js'
import { AllRecoveryItemsController } from './admin/all-recovery-items.controller.js'
import { AuditController } from './admin/audit.controller.js'
import { BinKeeper } from './files/bin-keeper.js'
import { BinPurger } from './files/bin-purger.js'
import { BinController } from './files/bin.controller.js'
import { BinnedItemsController } from './files/binned-items.controller.js'
import { Changes } from './http/changes.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { CoauthStatusController } from './files/coauth-status.controller.js'
import { ContainersController } from './containers/containers.controller.js'
import { ContentController } from './files/content.controller.js'
import { ContentChanger } from './files/content-changer.js'
import { EditorsController } from './files/editors.controller.js'
import { EventStreams } from './events/event-streams.js'
import { EventsController } from './events/events.controller.js'
import { ExclusiveLockController } from './files/exclusive-lock.controller.js'
import { FileDeletion } from './files/file-deletion.js'
import { FileAuthorization } from './files/file-authorization.js'
import { FilesRestController } from './files/files.controller.js'
import { GrantsController } from './sharing/grants.controller.js'
import { IssuedTokensController } from './admin/issued-tokens.controller.js'
import { ForceUnlock } from './admin/force-unlock.js'
import { LocksController } from './admin/locks.controller.js'
import { OpeningModule } from '../opening/opening.module.js'
import { NotFoundController } from './http/not-found.controller.js'
import { ResourceAuthorization } from './sharing/resource-authorization.js'
import { OpeningController } from './files/opening.controller.js'
import { RecoveryDownloads } from './files/recovery-downloads.js'
import { RecoveryItemsController } from './files/recovery-items.controller.js'
import { RedeemShareLinkController } from './sharing/redeem-share-link.controller.js'
import { RefusalReport } from './http/refusal-report.js'
import { ShareLinksController } from './sharing/share-links.controller.js'
import { SoundContent } from './files/sound-content.js'
import { SessionTermination } from './admin/session-termination.js'
import { SameOrigin } from './http/same-origin.guard.js'
import { SignInController } from './sign-in/sign-in.controller.js'
import { EditingConflict } from './files/editing-conflict.js'
import { SessionsController } from './admin/sessions.controller.js'
import { UsersController } from './admin/users.controller.js'

@Module({
  imports: [
    AuditModule,
    AuthModule,
    CoauthStatusModule,
    DiscoveryModule,
    EventsModule,
    LockModule,
    OpeningModule,
    PermissionModule,
    SavingModule,
    StorageModule,
  ],
  controllers: [
    FilesRestController,
    ContentController,
    AccessTokensController,
    OpeningController,
    ExclusiveLockController,
    RecoveryItemsController,
    BinController,
    BinnedItemsController,
    ContainersController,
    GrantsController,
    ShareLinksController,
    RedeemShareLinkController,
    CoauthStatusController,
    EventsController,
    SessionsController,
    LocksController,
    IssuedTokensController,
    UsersController,
    AuditController,
    EditorsController,
    AllRecoveryItemsController,
    SignInController,
    NotFoundController,
  ],
  providers: [
    FileAuthorization,
    Changes,
    ResourceAuthorization,
    AccessTokenIssuer,
    ContentChanger,
    FileDeletion,
    BinKeeper,
    RefusalReport,
    BinPurger,
    SoundContent,
    RecoveryDownloads,
    ForceUnlock,
    SessionTermination,
    EditingConflict,
    SameOrigin,
    EventStreams,
  ],
})
export class ApiModule {}
