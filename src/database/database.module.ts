import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common'
import { createDataSource } from '../../ormconfig.js'
import { Settings } from '../config/settings.js'
import { Database } from './database.js'

/** Closes the pool last: what other modules still write while they shut down must reach the database. */
@Injectable()
class DatabaseCloser implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.dataSource.destroy()
  }
}

@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [Settings],
      useFactory: async ({ databaseUrl, databasePoolSize }: Settings) =>
        new Database(await createDataSource(databaseUrl, databasePoolSize).initialize()),
    },
    DatabaseCloser,
  ],
  exports: [Database],
})
export class DatabaseModule {}
