import { createDataSource } from '../../ormconfig.js'
import { Database } from '../../src/database/database.js'
import { EventLog, type NewEvent } from '../../src/events/event-log.js'
import { theFile, theUser } from '../kit/ids.js'

/** By ids that a test names itself. */
type Told = Omit<NewEvent, 'fileId' | 'userId'> & { readonly fileId: string; readonly userId?: string }

/** Records events as the server does, as one more process on the same database. */
export class Recorder implements AsyncDisposable {
  private constructor(
    private readonly database: Database,
    private readonly log: EventLog,
  ) {}

  static async at(databaseUrl: string): Promise<Recorder> {
    const database = new Database(await createDataSource(databaseUrl, 8).initialize())
    return new Recorder(database, new EventLog(database))
  }

  /** In one transaction. */
  async records(...events: Told[]): Promise<void> {
    const told = events.map(({ userId, ...event }) => ({
      ...event,
      fileId: theFile(event.fileId),
      ...(userId !== undefined && { userId: theUser(userId) }),
    }))
    await this.database.transaction((tx) => this.log.append(tx, told))
  }

  async saves(fileId: string, count = 1, detail: Record<string, unknown> = {}): Promise<void> {
    for (let i = 0; i < count; i++) await this.records({ kind: 'saved', fileId, userId: 'alice', detail })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.dataSource.destroy()
  }
}
