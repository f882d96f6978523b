import { Module } from '@nestjs/common'
import { TerminusModule } from '@nestjs/terminus'
import { DiscoveryModule } from '../discovery/discovery.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { HealthController } from './health.controller.js'
import { InstallationCheck } from './installation-check.js'
import { Metrics } from './metrics.js'
import { Readiness } from './readiness.js'

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), DiscoveryModule, StorageModule],
  controllers: [HealthController],
  providers: [InstallationCheck, Readiness, Metrics],
})
export class HealthModule {}
