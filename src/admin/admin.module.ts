import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { AccessTokensController } from './access-tokens.controller.js'
import { ContainersController } from './containers.controller.js'
import { ContentController } from './content.controller.js'
import { ContentService } from './content.service.js'
import { ExclusiveLockController } from './exclusive-lock.controller.js'
import { FileGate } from './file-gate.js'
import { FilesRestController } from './files.controller.js'
import { GrantsController } from './grants.controller.js'
import { NowhereController } from './nowhere.controller.js'
import { RecoveryItemsController } from './recovery-items.controller.js'

@Module({
  imports: [AuditModule, LockModule, PermissionModule, StorageModule],
  controllers: [
    FilesRestController,
    ContentController,
    AccessTokensController,
    ExclusiveLockController,
    RecoveryItemsController,
    ContainersController,
    GrantsController,
    NowhereController,
  ],
  providers: [FileGate, ContentService],
})
export class AdminModule {}
