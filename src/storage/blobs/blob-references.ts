import type { Statement } from '../../database/database.js'

/**
 * Every place that keeps a blob or a composite alive. Each has a trigger that names what it lets go in `released_blob`;
 * a column that is missing here, or that has no trigger, fails `test/reliability/blob-references.test.ts`.
 * The head (`file.blob`) repeats its version.
 */
export const BLOB_REFERENCES = [
  { table: 'file_version', column: 'blob', where: 'true' },
  { table: 'recovery_item', column: 'blob', where: `r.resolution is distinct from 'discarded'` },
  { table: 'stream_chunk', column: 'blob', where: 'r.blob <> r.content' },
  { table: 'stream', column: 'content', where: 'true' },
  { table: 'upload_part', column: 'blob', where: 'true' },
] as const

/** A condition of SQL: nothing needs the blob that `column` names. */
function isUnreferenced(column: string): string {
  const places = BLOB_REFERENCES.map(
    (place) =>
      `not exists (select from ${place.table} r where r.${place.column} = ${column} and ${place.where})`,
  )
  return `(${places.join(' and ')})`
}

/**
 * On disk and neither referenced nor named by whoever deleted the last reference: the database has never heard of it.
 * $1 blobs
 */
export const UNKNOWN_BLOBS: Statement<
  { blob: string; quarantined: boolean; confirmed: boolean },
  [readonly string[]]
> = {
  name: 'unknown-blobs',
  text: `
    select given.blob, q.blob is not null as quarantined, q.confirmed_by is not null as confirmed
    from unnest($1::text[]) as given (blob) left join quarantined_blob q on q.blob = given.blob
    where not exists (select from released_blob r where r.blob = given.blob)
      and ${isUnreferenced('given.blob')}`,
}

/** Blobs that may go by and by: not referenced, whether the database has ever named them or not. $1 blobs */
export const UNREFERENCED: Statement<{ blob: string }, [readonly string[]]> = {
  name: 'unreferenced-blobs',
  text: `select blob from unnest($1::text[]) as given (blob) where ${isUnreferenced('given.blob')}`,
}

/** A part of a table that was looked at; `last` is null behind its end. */
export interface Looked {
  readonly last: string | null
}

/**
 * Composites that nothing points to, and the remembered chunks of blobs that are going: the blobs whose bytes they use are
 * released by that. $1 grace ms, $2 how many to look at, $3 after id
 */
export const DELETE_UNREFERENCED_CONTENTS: Statement<Looked, [number, number, string]> = {
  name: 'delete-unreferenced-contents',
  plan: 'anew',
  text: `
    with looked as materialized (
      select id, made_at from chunked_content where id > $3 order by id limit $2
    ), gone as (
      delete from chunked_content where id in (
        select c.id from looked c
        where made_at < clock_timestamp() - $1::float8 * interval '1 ms'
          and not exists (select from released_blob r
            where r.blob = c.id and r.released_at >= clock_timestamp() - $1::float8 * interval '1 ms')
          and not exists (select from file_version v where v.blob = c.id)
          and not exists (select from recovery_item r where r.blob = c.id and r.resolution is distinct from 'discarded')
          and not exists (select from stream s where s.content = c.id))
    )
    select max(id) as last from looked`,
}

/** Something points to them again, or still; each is named anew when that ends. $1 grace ms, $2 how many, $3 after blob */
export const FORGET_NEEDED: Statement<Looked, [number, number, string]> = {
  name: 'forget-needed-blobs',
  plan: 'anew',
  text: `
    with looked as materialized (
      select distinct blob from released_blob where blob > $3 order by blob limit $2
    ), forgotten as (
      delete from released_blob n
      where n.blob in (select blob from looked) and released_at < clock_timestamp() - $1::float8 * interval '1 ms'
        and not ${isUnreferenced('n.blob')}
    )
    select max(blob) as last from looked`,
}

/** Let go long enough ago, and by everybody. $1 grace ms, $2 limit, $3 after blob */
export const RELEASED_BLOBS: Statement<{ blob: string }, [number, number, string]> = {
  name: 'released-blobs',
  plan: 'anew',
  text: `
    select n.blob from released_blob n
    where n.blob > $3
    group by n.blob
    having max(n.released_at) < clock_timestamp() - $1::float8 * interval '1 ms' and ${isUnreferenced('n.blob')}
    order by n.blob limit $2`,
}

/** After their bytes. $1 blobs */
export const FORGET_DELETED: Statement<{ blob: string }, [readonly string[]]> = {
  name: 'forget-deleted-blobs',
  text: `
    with released as (delete from released_blob where blob = any ($1::text[])),
      quarantined as (delete from quarantined_blob where blob = any ($1::text[]))
    select`,
}

/** $1 blobs, $2 who says so, or null */
export const QUARANTINE: Statement<{ blob: string }, [readonly string[], string | null]> = {
  name: 'quarantine-blobs',
  text: `
    insert into quarantined_blob as q (blob, confirmed_by) select blob, $2 from unnest($1::text[]) as given (blob)
    on conflict (blob) do update set confirmed_by = excluded.confirmed_by
      where q.confirmed_by is null and excluded.confirmed_by is not null
    returning blob`,
}

/** A restored database knows them again. $1 how many to look at, $2 after blob */
export const FORGET_FOUND: Statement<Looked & { found: number }, [number, string]> = {
  name: 'forget-found-blobs',
  plan: 'anew',
  text: `
    with looked as materialized (
      select blob from quarantined_blob where blob > $2 order by blob limit $1
    ), found as (
      delete from quarantined_blob q where q.blob in (select blob from looked) and not ${isUnreferenced('q.blob')}
      returning q.blob
    )
    select (select max(blob) from looked) as last, (select count(*)::int from found) as found`,
}

/** $1 days, $2 'all' or 'confirmed', $3 limit, $4 after blob */
export const QUARANTINE_OVER: Statement<{ blob: string }, [number, string, number, string]> = {
  name: 'quarantine-over',
  plan: 'anew',
  text: `
    select blob from quarantined_blob q
    where since < clock_timestamp() - $1::int * interval '1 day' and ($2::text = 'all' or confirmed_by is not null)
      and not exists (select from released_blob r where r.blob = q.blob) and ${isUnreferenced('q.blob')}
      and q.blob > $4
    order by q.blob limit $3`,
}
