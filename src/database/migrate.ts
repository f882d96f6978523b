import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { createDataSource } from '../../ormconfig.js'
import { requireUtf8 } from './encoding.js'
import { requireKnownSchema, tellOldestReleases } from './schema-release.js'
import { renewSqlFunctions } from './sql-functions.js'
import { withClient } from './with-client.js'

// Any number that nothing else in Tandem uses as an advisory lock.
const MIGRATION_LOCK = 7_226_336
const TURN_EVERY_MS = 50
/** The name of such a connection in pg_stat_activity. */
export const MIGRATION = 'tandem migration'

/**
 * Brings the schema up to date. Safe when many servers start at once: one migrates, the others wait for it.
 * @throws Error when a newer release has changed it, and this one cannot work on it
 */
export async function migrate(databaseUrl: string): Promise<void> {
  await inMigrationTurn(databaseUrl, async (turn) => {
    await requireUtf8(turn)
    await requireKnownSchema(turn, databaseUrl)
    const dataSource = await createDataSource(databaseUrl, 2).initialize()
    try {
      await dataSource.runMigrations({ transaction: 'each' })
    } finally {
      await dataSource.destroy()
    }
    await tellOldestReleases(turn, databaseUrl)
    await renewSqlFunctions(turn)
  })
}

/**
 * Asked again and again, never waited for: a statement that waits is an open transaction to PostgreSQL, for whose end an
 * index that is made beside other work would wait, and each for the other for ever.
 */
async function takesTurn(turn: Client): Promise<boolean> {
  const { rows } = await turn.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    MIGRATION_LOCK,
  ])
  return rows[0]?.taken ?? false
}

/** Runs `work` while no other server changes the schema. */
export async function inMigrationTurn(
  databaseUrl: string,
  work: (turn: Client) => Promise<void>,
): Promise<void> {
  await withClient(databaseUrl, MIGRATION, async (turn) => {
    while (!(await takesTurn(turn))) await pause(TURN_EVERY_MS)
    await work(turn)
  })
}
