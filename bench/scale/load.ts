import type { Client } from 'pg'
import { bulkData } from './data.js'
import type { Sizes } from './sizes.js'

/** Tables so large that their indexes are quicker made anew than filled. */
const LARGE: ReadonlySet<string> = new Set([
  'file',
  'file_lock',
  'file_version',
  'audit_event',
  'access_token',
  'coauth_session',
  'session_event',
])

/**
 * Fills a migrated database, as its superuser. Foreign keys and triggers are not asked: what is written here fits
 * together.
 */
export async function load(
  database: Client,
  sizes: Sizes,
  say: (line: string) => void = () => undefined,
): Promise<void> {
  await database.query(`set session_replication_role = replica`)
  await database.query(`set synchronous_commit = off`)
  await database.query(`select setseed(0.5)`)
  for (const { what, table, sql } of bulkData(sizes)) {
    const began = performance.now()
    const restore = LARGE.has(table) ? await withoutIndexes(database, table) : []
    const { rowCount } = await database.query(sql)
    for (const statement of restore) await database.query(statement)
    say(`  ${String(rowCount).padStart(9)} ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
  }
  await database.query(`reset session_replication_role`)
  await database.query(`vacuum (analyze)`)
}

/** Drops what can be dropped. @returns the statements that make it again */
async function withoutIndexes(database: Client, table: string): Promise<string[]> {
  const { rows } = await database.query<{ drop: string; make: string }>(
    `select case when c.conname is null then format('drop index %I', i.relname)
        else format('alter table %I drop constraint %I', t.relname, c.conname) end as drop,
      case when c.conname is null then pg_get_indexdef(x.indexrelid)
        else format('alter table %I add constraint %I %s', t.relname, c.conname, pg_get_constraintdef(c.oid)) end as make
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    left join pg_constraint c on c.conindid = x.indexrelid and c.contype = 'p'
    where t.relname = $1 and t.relnamespace = 'public'::regnamespace
      and not exists (select from pg_constraint f where f.confrelid = t.oid and f.contype = 'f' and f.conindid = x.indexrelid)`,
    [table],
  )
  for (const { drop } of rows) await database.query(drop)
  return rows.map(({ make }) => make)
}

/**
 * What would be over, or said to be late, by the time of the measuring: locks are held, and people are there, for three
 * hours from now on.
 */
export const FRESHEN: readonly string[] = [
  `update file_lock set refreshed_at = now() + interval '3 hours', expires_at = now() + interval '3 hours'
   where kind <> 'none'`,
  `update file_lock set coauth_until = now() + interval '3 hours' where coauth_until is not null`,
  `update coauth_lock set refreshed_at = now(), expires_at = now() + interval '3 hours'`,
  `update coauth_session set last_activity_at = now() + interval '3 hours', saved_at = now() where ended_at is null`,
  `update coauth_participant p set last_seen_at = now() + interval '3 hours',
     coauth_until = case when p.coauth_until is not null then now() + interval '3 hours' end
   from coauth_session s where s.id = p.session_id and s.ended_at is null and p.left_at is null`,
  `vacuum (analyze) file_lock, coauth_lock, coauth_session, coauth_participant`,
]
