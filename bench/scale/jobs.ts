import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { createApp } from '../../src/app.js'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { Housekeeper } from '../../src/installation/housekeeper.js'
import { Logger } from '../../src/logging/logger.js'
import type { Outcome } from './outcome.js'
import type { Installation } from './server.js'

/** Enough for many batches of each; the rest is for the next hour. */
const LONGEST_MS = 120_000
const MOST_MS = 1000

/**
 * What the hourly jobs, the sweeper and the watch over sessions ask of the database, each by its longest statement. They
 * work in this process, without a face, as long as they have something to do.
 * @param database an administrator's connection to it, with pg_stat_statements
 */
export async function measureJobs(
  { databaseUrl, dataDir }: Installation,
  database: Client,
): Promise<Outcome[]> {
  const config = readConfig({ DATABASE_URL: databaseUrl, DATA_DIR: dataDir })
  const settings = { ...config, databaseUrl, tokenSecrets: await loadTokenSecrets(config) }
  // Nobody looked for longer than a day, perhaps: then nothing would be deleted.
  await database.query(`update installation set looked_at = clock_timestamp(), held_until = '-infinity'`)
  const app = await createApp(settings, new Logger('silent'))
  await database.query('select pg_stat_statements_reset()')
  const working = app.get(Housekeeper).run()
  await Promise.race([working, sleep(LONGEST_MS, undefined, { ref: false })])
  const outcomes = await longestStatements(database)
  await app.close()
  return outcomes
}

async function longestStatements(database: Client): Promise<Outcome[]> {
  const { rows } = await database.query<{ what: string; mean: number; longest: number }>(
    `select left(regexp_replace(query, '\\s+', ' ', 'g'), 70) as what, mean_exec_time as mean, max_exec_time as longest
     from pg_stat_statements s join pg_database d on d.oid = s.dbid
     where d.datname = current_database() and query not like '%pg_stat_statements%'
     union all
     select left(regexp_replace(query, '\\s+', ' ', 'g'), 70) || ' (under way)', ms, ms
     from pg_stat_activity, lateral (select extract(epoch from clock_timestamp() - query_start) * 1000 as ms) taken
     where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
     order by longest desc limit 15`,
  )
  return rows.map(({ what, mean, longest }) => ({
    what: `job: ${what}`,
    p50: mean,
    p99: longest,
    goal: `≤ ${MOST_MS}`,
    met: longest <= MOST_MS,
  }))
}
