import { Module } from '@nestjs/common'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { OpeningService } from './opening.service.js'

@Module({
  imports: [DiscoveryModule, LockModule, PermissionModule, StorageModule],
  providers: [OpeningService],
  exports: [OpeningService],
})
export class OpeningModule {}
