import type pg from 'pg'
import { createDataSource } from '../../ormconfig.js'
import { isAtLeast, RELEASE } from '../config/release.js'

/** From here on each migration names the oldest release that may still work; every release that asks knows the earlier ones. */
const FIRST_TOLD = 1764910000000

/** Those that this release knows, in their order. */
export function knownMigrations(databaseUrl: string): readonly { name: string; oldestRelease?: string }[] {
  const { migrations } = createDataSource(databaseUrl, 1).options
  const classes = Object.values(migrations ?? []) as (new () => { name: string; oldestRelease?: string })[]
  return classes.map((migration) => new migration())
}

/** Must this migration say which release may still work on it? */
export function mustTell(name: string): boolean {
  return Number(/(\d{13})$/.exec(name)?.[1]) >= FIRST_TOLD
}

/**
 * An older release on a newer schema takes what it does not know for garbage. It may work only where every migration that
 * it does not know says so, as in a rolling upgrade and on its way back.
 * @throws Error with one plain sentence
 */
export async function requireKnownSchema(database: pg.ClientBase, databaseUrl: string): Promise<void> {
  const known = new Set(knownMigrations(databaseUrl).map(({ name }) => name))
  const refused = (await appliedMigrations(database)).filter(
    ({ name, oldest_release: oldest }) =>
      !known.has(name) && !(oldest !== null && isAtLeast(RELEASE, oldest)),
  )
  const [first] = refused
  if (!first) return
  const needs = first.oldest_release === null ? 'a newer release' : `release ${first.oldest_release} or newer`
  throw new Error(
    `the database was changed by a newer release of Tandem (${first.name}), and this one is ${RELEASE}: ` +
      `start ${needs}, or restore the backup from before the upgrade`,
  )
}

/** Tells releases to come, or rather those before: by one statement, after all have run. */
export async function tellOldestReleases(turn: pg.ClientBase, databaseUrl: string): Promise<void> {
  const told = knownMigrations(databaseUrl).filter(({ oldestRelease }) => oldestRelease !== undefined)
  await turn.query(
    `insert into schema_release (migration, oldest_release) select * from unnest($1::text[], $2::text[])
     on conflict (migration) do nothing`,
    [told.map(({ name }) => name), told.map(({ oldestRelease }) => oldestRelease)],
  )
}

async function appliedMigrations(
  database: pg.ClientBase,
): Promise<{ name: string; oldest_release: string | null }[]> {
  const { rows: tables } = await database.query<{ migration: boolean; told: boolean }>(
    `select to_regclass('migration') is not null as migration, to_regclass('schema_release') is not null as told`,
  )
  if (!tables[0]?.migration) return []
  const { rows } = await database.query<{ name: string; oldest_release: string | null }>(
    tables[0].told
      ? `select m.name, r.oldest_release from migration m left join schema_release r on r.migration = m.name order by m.id`
      : `select name, null as oldest_release from migration order by id`,
  )
  return rows
}
