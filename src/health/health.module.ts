import { Module } from '@nestjs/common'
import { TerminusModule } from '@nestjs/terminus'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { LockModule } from '../lock/lock.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { ClockWatch } from './clock-watch.js'
import { HealthController } from './health.controller.js'
import { InstallationCheck } from './installation-check.js'
import { Metrics } from './metrics.js'
import { ReadinessLog } from './readiness-log.js'
import { Readiness } from './readiness.js'

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), DiscoveryModule, LockModule, StorageModule],
  controllers: [HealthController],
  providers: [ClockWatch, InstallationCheck, Readiness, ReadinessLog, Metrics],
})
export class HealthModule {}
