import { Module } from '@nestjs/common'
import { EventBell } from './notify-listener.js'
import { EventFeed } from './event-feed.js'
import { EventLog } from './event-log.js'

@Module({ providers: [EventLog, EventBell, EventFeed], exports: [EventLog, EventBell, EventFeed] })
export class EventsModule {}
