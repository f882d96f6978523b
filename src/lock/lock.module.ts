import { Module } from '@nestjs/common'
import { LockLog } from './lock-log.js'
import { LockService } from './lock.service.js'
import { LockSweeper } from './lock-sweeper.js'

@Module({ providers: [LockService, LockSweeper, LockLog], exports: [LockService] })
export class LockModule {}
