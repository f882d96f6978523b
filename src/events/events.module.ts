import { Module } from '@nestjs/common'
import { NotifyListener } from './notify-listener.js'
import { EventFeed } from './event-feed.js'
import { EventLog } from './event-log.js'

@Module({ providers: [EventLog, NotifyListener, EventFeed], exports: [EventLog, NotifyListener, EventFeed] })
export class EventsModule {}
