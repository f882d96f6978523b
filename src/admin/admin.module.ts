import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { EventsModule } from '../events/events.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { AccessTokenDesk } from './access-token-desk.js'
import { AccessTokensController } from './access-tokens.controller.js'
import { AllRecoveryItemsController } from './all-recovery-items.controller.js'
import { AuditController } from './audit.controller.js'
import { BinKeeper } from './bin-keeper.js'
import { BinPurger } from './bin-purger.js'
import { BinController } from './bin.controller.js'
import { BinnedItemsController } from './binned-items.controller.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { CoauthStatusController } from './coauth-status.controller.js'
import { ContainersController } from './containers.controller.js'
import { ContentController } from './content.controller.js'
import { ContentService } from './content.service.js'
import { EditorsController } from './editors.controller.js'
import { EventStreams } from './event-streams.js'
import { EventsController } from './events.controller.js'
import { ExclusiveLockController } from './exclusive-lock.controller.js'
import { FileGate } from './file-gate.js'
import { FilesRestController } from './files.controller.js'
import { GrantsController } from './grants.controller.js'
import { IssuedTokensController } from './issued-tokens.controller.js'
import { LockBreaker } from './lock-breaker.js'
import { LocksController } from './locks.controller.js'
import { OpeningModule } from '../opening/opening.module.js'
import { NowhereController } from './nowhere.controller.js'
import { ObjectGate } from './object-gate.js'
import { OpeningController } from './opening.controller.js'
import { RecoveryItemsController } from './recovery-items.controller.js'
import { RedeemShareLinkController } from './redeem-share-link.controller.js'
import { ShareLinksController } from './share-links.controller.js'
import { SessionEnder } from './session-ender.js'
import { SameOrigin } from './same-origin.guard.js'
import { SignInController } from './sign-in.controller.js'
import { WhoEdits } from './who-edits.js'
import { SessionsController } from './sessions.controller.js'
import { UsersController } from './users.controller.js'

@Module({
  imports: [
    AuditModule,
    CoauthStatusModule,
    DiscoveryModule,
    EventsModule,
    LockModule,
    OpeningModule,
    PermissionModule,
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
    NowhereController,
  ],
  providers: [
    FileGate,
    ObjectGate,
    AccessTokenDesk,
    ContentService,
    BinKeeper,
    BinPurger,
    LockBreaker,
    SessionEnder,
    WhoEdits,
    SameOrigin,
    EventStreams,
  ],
})
export class AdminModule {}
