import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { HeldLocks } from './held-locks.js'
import { LockLog } from './lock-log.js'
import { LockService } from './lock.service.js'
import { LockSweeper } from './lock-sweeper.js'

@Module({
  imports: [EventsModule],
  providers: [LockService, LockSweeper, LockLog, HeldLocks],
  exports: [LockService, HeldLocks],
})
export class LockModule {}
