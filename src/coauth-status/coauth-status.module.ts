import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { CoauthStatusService } from './coauth-status.service.js'
import { Presence } from './presence.js'
import { SessionWatch } from './session-watch.js'

@Module({
  imports: [EventsModule],
  providers: [CoauthStatusService, Presence, SessionWatch],
  exports: [CoauthStatusService, Presence],
})
export class CoauthStatusModule {}
