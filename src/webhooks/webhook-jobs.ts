import PgBoss from 'pg-boss'
import { DatabaseClient } from '../database/database-client.js'
import { receiverAt } from './receiver.js'

/** What a job carries. The body is kept as the text that is signed: it must be the same at every try. */
export interface WebhookJob {
  readonly delivery: string
  readonly kind: string
  readonly body: string
}

/** pg-boss waits 4–8 s after the first failure and twice as long after each: the last try comes after 18 to 36 hours. */
const RETRIES = { retryLimit: 14, retryDelay: 4, retryBackoff: true }
/** A delivery takes 10 s at most; one that is older belongs to a server that was killed. */
const EXPIRY = { expireInSeconds: 60 }

/** pg-boss over the database, its maintenance included; `start` and `stop` are the caller's. */
export function webhookJobs(databaseUrl: string, { supervise }: { supervise: boolean }): PgBoss {
  // What pg-boss does not know of the pool's options it hands on to its pool as it is.
  const connections = { Client: DatabaseClient, connectionTimeoutMillis: 10_000, keepAlive: true }
  return new PgBoss({
    ...connections,
    connectionString: databaseUrl,
    application_name: 'tandem webhooks',
    max: 3,
    supervise,
    schedule: false,
    migrate: !supervise,
    maintenanceIntervalSeconds: 30,
  })
}

/**
 * Makes or updates the schema `pgboss` and the receivers' queues. A queue is a table, so the role must own the schema
 * where anything is missing; afterwards it needs no more than to read.
 */
export async function prepareWebhookJobs(databaseUrl: string, urls: readonly string[]): Promise<void> {
  const boss = webhookJobs(databaseUrl, { supervise: false })
  let failure: unknown
  boss.on('error', (error) => (failure = error))
  await boss.start()
  try {
    for (const { queue } of urls.map(receiverAt)) {
      if (!(await boss.getQueue(queue))) await boss.createQueue(queue, { name: queue, ...RETRIES, ...EXPIRY })
    }
  } finally {
    await boss.stop({ graceful: false })
  }
  if (failure instanceof Error) throw failure
}
