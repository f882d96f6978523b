import type { PoolClient } from 'pg'
import type { QueryRunner } from 'typeorm'

/** What PostgreSQL says with when somebody else's transaction lasts longer than `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03'
/** Longer than a request, shorter than a backup. */
const PATIENCE_MS = 60_000
/** Of the driver, which would give up after the seconds that a request may take. */
const A_DAY_MS = 86_400_000

/**
 * Makes an index while servers of the release before go on saving: a plain `create index` stops every write to the table
 * until it is done, minutes on a large one. For a migration with `transaction = false`, which may be killed in the middle
 * and begins again then.
 *
 * `concurrently` waits for every transaction that is open, a backup's, too. Past `patienceMs` it is made at once instead,
 * and whoever uses the table meanwhile waits.
 */
export async function indexBesideWork(
  runner: QueryRunner,
  name: string,
  definition: string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const client = (await runner.connect()) as PoolClient
  const run = async (text: string): Promise<void> => {
    const limit = { query_timeout: A_DAY_MS }
    await client.query({ text, ...limit })
  }
  const { rows: before } = await client.query<{ locks: string; statements: string }>(
    `select current_setting('lock_timeout') as locks, current_setting('statement_timeout') as statements`,
  )
  await client.query(`set lock_timeout = ${patienceMs}`)
  await client.query('set statement_timeout = 0')
  try {
    if ((await stateOf(client, name)) === 'none') {
      await run(`create index concurrently ${name} on ${definition}`).catch(unlessOthersTakeLong)
    }
    const left = await stateOf(client, name)
    if (left === 'none') await run(`create index ${name} on ${definition}`)
    // It may have been killed, or given up, half-way: what it left is no use to anybody, and is filled anew. Until that is
    // done nobody reads the table, either: PostgreSQL looks at each of its indexes to plan.
    if (left === 'invalid') await run(`reindex index ${name}`)
  } finally {
    await client.query(
      `select set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)`,
      [before[0]?.locks, before[0]?.statements],
    )
  }
}

async function stateOf(client: PoolClient, name: string): Promise<'valid' | 'invalid' | 'none'> {
  const { rows } = await client.query<{ valid: boolean }>(
    `select indisvalid as valid from pg_index where indexrelid = to_regclass($1)`,
    [name],
  )
  if (!rows[0]) return 'none'
  return rows[0].valid ? 'valid' : 'invalid'
}

function unlessOthersTakeLong(error: unknown): void {
  if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error
}
