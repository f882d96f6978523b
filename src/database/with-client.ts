import { DatabaseClient } from './database-client.js'

/** One connection of its own for `work`, beside the pool or before there is one; it is closed whatever happens. */
export async function withClient<T>(
  databaseUrl: string,
  application: string,
  work: (client: DatabaseClient) => Promise<T>,
): Promise<T> {
  const client = new DatabaseClient({ connectionString: databaseUrl, application_name: application })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
