import { Module, type DynamicModule } from '@nestjs/common'
import { ApiModule } from './api/api.module.js'
import { ConfigModule } from './config/config.module.js'
import type { Settings } from './config/settings.js'
import { DatabaseModule } from './database/database.module.js'
import { HealthModule } from './health/health.module.js'
import { HttpModule } from './http/http.module.js'
import { InstallationModule } from './installation/installation.module.js'
import type { Logger } from './logging/logger.js'
import { PagesModule } from './pages/pages.module.js'
import { WebhooksModule } from './webhooks/webhooks.module.js'
import { WopiModule } from './wopi/wopi.module.js'

@Module({})
export class AppModule {
  static with(settings: Settings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(settings, logger),
        DatabaseModule,
        InstallationModule,
        HttpModule,
        WopiModule,
        ApiModule,
        PagesModule,
        WebhooksModule,
        HealthModule,
      ],
    }
  }
}
