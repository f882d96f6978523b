import { Global, Module, type DynamicModule } from '@nestjs/common'
import { Logger } from '../logging/logger.js'
import { Settings } from './settings.js'

/** Hands the configuration and the logger to whoever asks; nothing else reads the environment. */
@Global()
@Module({})
export class ConfigModule {
  static with(settings: Settings, logger: Logger): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: Logger, useValue: logger },
      ],
      exports: [Settings, Logger],
    }
  }
}
