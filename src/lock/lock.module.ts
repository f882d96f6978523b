import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { CoauthLockService } from './coauth-lock.service.js'
import { HeldLocks } from './held-locks.js'
import { LateLockCalls } from './late-lock-calls.js'
import { LockLog } from './lock-log.js'
import { LockService } from './lock.service.js'
import { LockSweeper } from './lock-sweeper.js'

@Module({
  imports: [EventsModule],
  providers: [LockService, CoauthLockService, LockSweeper, LockLog, HeldLocks, LateLockCalls],
  exports: [LockService, CoauthLockService, HeldLocks, LateLockCalls],
})
export class LockModule {}
