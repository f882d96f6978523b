import { expect, inject, it } from 'vitest'
import { execute, newDatabase } from '../kit/postgres.js'

/** Where a hot statement calls them, with parameters as they are there. */
const CALLS: Readonly<Record<string, string>> = {
  lock_ends_at: `select lock_ends_at(kind, exact_expiry, expires_at, $1::float8) from file_lock`,
  lock_is_live: `select lock_is_live(kind, exact_expiry, expires_at, $1::float8, clock_timestamp()) from file_lock`,
  lock_state: `with seen as materialized (select l.*, clock_timestamp() as now from file_lock l)
    select lock_state(kind, exact_expiry, expires_at, coauth_until, $1::float8, now) from seen`,
  coauth_lock_is_live: `select coauth_lock_is_live(expires_at, clock_timestamp()) from coauth_lock where $1::float8 > 0`,
  token_state: `select token_state(t.revoked_at, t.expires_at, u.disabled_at, clock_timestamp())
    from access_token t join user_account u on u.id = t.user_id where $1::float8 > 0`,
  subject_covers: `select subject_covers(g.subject, u.id, u.groups) from access_grant g, user_account u where $1::float8 > 0`,
  container_rank: `select container_rank(u.id, u.groups, c.id, c.parent_id, c.owner_id, c.ancestors)
    from container c, user_account u where $1::float8 > 0`,
  iso_time: `select iso_time(f.modified_at) from file f where $1::float8 > 0`,
  epoch_ms: `select epoch_ms(f.modified_at) from file f where $1::float8 > 0`,
}

/** What a rule in one place costs: nothing, where PostgreSQL puts it in the place of its call. */
it.each(Object.entries(CALLS))('%s is put in the place of its call', async (name, statement) => {
  const database = await newDatabase(inject('postgres'))
  const { rows } = await execute(database, `explain (verbose, generic_plan) ${statement}`)
  const plan = (rows as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('Output:')
  expect(plan).not.toContain(`${name}(`)
})
