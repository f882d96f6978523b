import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { WebhooksService } from './webhooks.service.js'

@Module({ imports: [EventsModule], providers: [WebhooksService] })
export class WebhooksModule {}
