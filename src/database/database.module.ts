import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common'
import { createDataSource } from '../../ormconfig.js'
import type { DataSource } from 'typeorm'
import { Settings } from '../config/settings.js'
import { Logger } from '../logging/logger.js'
import { Database } from './database.js'
import { DatabaseClock } from './database-clock.js'
import { patiently } from './patience.js'
import { WriteProbe } from './write-probe.js'

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
      inject: [Settings, Logger],
      useFactory: async ({ databaseUrl, databasePoolSize }: Settings, logger: Logger) =>
        new Database(
          await patiently(
            () => connected(createDataSource(databaseUrl, databasePoolSize)),
            (reason) => {
              logger.warn({ event: 'database-awaited', reason }, 'waiting for the database')
            },
          ),
        ),
    },
    {
      provide: DatabaseClock,
      inject: [Database],
      useFactory: async (database: Database) => {
        const clock = new DatabaseClock()
        // `ClockWatch` asks again; until then this machine's is believed.
        await clock.measure(database).catch(() => undefined)
        return clock
      },
    },
    WriteProbe,
    DatabaseCloser,
  ],
  exports: [Database, DatabaseClock, WriteProbe],
})
export class DatabaseModule {}

/** A pool that was made, and then could not be used, would keep its connections. */
async function connected(dataSource: DataSource): Promise<DataSource> {
  try {
    return await dataSource.initialize()
  } catch (error) {
    await dataSource.driver.disconnect().catch(() => undefined)
    throw error
  }
}
