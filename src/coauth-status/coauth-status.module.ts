import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { CoauthStatusService } from './coauth-status.service.js'
import { GivenVersions } from './given-versions.js'
import { LockHolders } from './lock-holders.js'
import { Presence } from './presence.js'
import { SessionPurger } from './session/session-purger.js'
import { SessionTimeoutJob } from './session/session-timeout.job.js'

@Module({
  imports: [EventsModule],
  providers: [CoauthStatusService, GivenVersions, LockHolders, Presence, SessionPurger, SessionTimeoutJob],
  exports: [CoauthStatusService, GivenVersions, LockHolders, Presence],
})
export class CoauthStatusModule {}
