import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { CoauthLockService } from './coauth-lock.service.js'
import { HeldLocks } from './held-locks.js'
import { LockLog } from './lock-log.js'
import { LockService } from './lock.service.js'
import { LockSweeper } from './lock-sweeper.js'

@Module({
  imports: [EventsModule],
  providers: [LockService, CoauthLockService, LockSweeper, LockLog, HeldLocks],
  exports: [LockService, CoauthLockService, HeldLocks],
})
export class LockModule {}
