import type { Statement } from '../../database/database.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import { OWNED_OBJECTS } from './visible-objects.js'

export interface BinnedRow {
  readonly id: FileId
  readonly name: string
  readonly size: string
  readonly version: string
  readonly owner_id: UserId
  /** The container that it was deleted from, which may be gone. */
  readonly container_id: ContainerId
  /** Null when the container is gone. */
  readonly container_name: string | null
  readonly deleted_at: Date
  /** Null where a server of before the bin deleted it. */
  readonly deleted_by: UserId | null
  readonly purge_after: Date
  readonly recovery_items: number
  readonly sha256: string
  readonly cursor: string
}

const KEPT_FROM = `coalesce(f.kept_from, f.deleted_at)`

/** @param days the parameter with BIN_RETENTION_DAYS */
const columns = (days: string): string => `
  f.id, f.name, f.size, f.version, f.owner_id, f.sha256, coalesce(f.deleted_from, f.container_id) as container_id,
  (select o.name from container o where o.id = coalesce(f.deleted_from, f.container_id)) as container_name,
  f.deleted_at, f.deleted_by, ${KEPT_FROM} + ${days}::int * interval '1 day' as purge_after,
  (select count(*)::int from recovery_item r where r.file_id = f.id and r.resolved_at is null) as recovery_items,
  f.deleted_at::text as cursor`

/** Owner or null, before deleted_at, before id, limit. */
export type BinPage = [UserId | null, string | null, FileId | null, number]

/**
 * Latest first: what is deleted meanwhile comes before the first page and moves nothing.
 * $1 days, $2 owner or null, $3 before deleted_at, $4 before id, $5 limit
 */
export const LIST_BIN: Statement<BinnedRow, [number, ...BinPage]> = {
  name: 'list-bin',
  plan: 'anew',
  text: `
    select ${columns('$1')} from file f
    where f.deleted_at is not null and ($2::text is null or f.owner_id = $2)
      and ($3::timestamptz is null or (f.deleted_at, f.id) < ($3::timestamptz, $4::text))
    order by f.deleted_at desc, f.id desc limit $5`,
}

const BINNED_BEFORE = `f.deleted_at is not null and ($2::text is null or f.owner_id = $2)
          and ($3::timestamptz is null or (f.deleted_at, f.id) < ($3::timestamptz, $4::text))
          order by f.deleted_at desc, f.id desc limit $5`

/**
 * The same of what a person could delete, found as LIST_FILES finds what they see: whatever they could not has a lower
 * rank than 3. $1 user, $2 owner or null, $3 before deleted_at, $4 before id, $5 limit, $6 days
 */
export const LIST_BIN_OF: Statement<BinnedRow & { readonly rank: number }, [UserId, ...BinPage, number]> = {
  name: 'list-bin-of',
  plan: 'anew',
  text: `${OWNED_OBJECTS}, next as materialized (
      select id, deleted_at from (
        (select f.id, f.deleted_at from file f where f.owner_id = $1 and ${BINNED_BEFORE})
        union (select f.id, f.deleted_at from named join file f using (id) where kind = 'file' and ${BINNED_BEFORE})
        union (select f.id, f.deleted_at from places, lateral (
            select f.id, f.deleted_at from file f where f.container_id = places.id and ${BINNED_BEFORE}
          ) f
          order by f.deleted_at desc, f.id desc limit $5)
      ) found
      order by deleted_at desc, id desc limit $5
    )
    select ${columns('$6')}, rank_of(person.id, person.groups, f.id, f.owner_id, c.ancestors) as rank
    from person, next join file f on f.id = next.id join container c on c.id = f.container_id
    order by next.deleted_at desc, next.id desc`,
}

/** $1 days, $2 file */
export const FIND_IN_BIN: Statement<BinnedRow, [number, FileId]> = {
  name: 'find-in-bin',
  text: `select ${columns('$1')} from file f where f.id = $2 and f.deleted_at is not null`,
}

/** Nobody else restores or purges it, and nothing is kept for it, until the transaction ends. $1 file */
export const HOLD_IN_BIN: Statement<{ id: FileId }, [FileId]> = {
  name: 'hold-in-bin',
  text: `select id from file where id = $1 and deleted_at is not null for update`,
}

/** The clock that dates deletions; text keeps its microseconds. */
export const BIN_CLOCK: Statement<{ now: string }, []> = {
  name: 'bin-clock',
  text: `select clock_timestamp()::text as now`,
}

/** Of what a person owns: another server may be at some of it. $1 owner, $2 deleted before, $3 limit */
export const HOLD_BIN_OF_OWNER: Statement<{ id: FileId }, [UserId, string, number]> = {
  name: 'hold-bin-of-owner',
  text: `
    select id from file where owner_id = $1 and deleted_at is not null and deleted_at <= $2
    order by id limit $3 for update skip locked`,
}

/** What somebody restores just now is skipped; so any number of servers may purge at once. $1 days, $2 limit */
export const HOLD_DUE: Statement<{ id: FileId }, [number, number]> = {
  name: 'hold-due-in-bin',
  plan: 'anew',
  text: `
    select f.id from file f
    where f.deleted_at is not null and ${KEPT_FROM} < clock_timestamp() - $1::int * interval '1 day'
    order by f.deleted_at, f.id limit $2 for update skip locked`,
}

/**
 * Back where people find it, under a lock row that goes on counting: an epoch names one holder for ever, and a table of
 * coauth locks is never taken for an earlier one. Of what an older server deleted nobody knows how far they counted: the
 * clock's milliseconds are more. No row when the name is taken there. $1 file, $2 container, $3 name, $4 name key
 */
export const RESTORE_FROM_BIN: Statement<{ id: FileId }, [FileId, ContainerId, string, string]> = {
  name: 'restore-from-bin',
  text: `
    with counted as materialized (
      select id, coalesce(last_lock_epoch, floor(epoch_ms(clock_timestamp()))::bigint) + 1 as epoch,
        coalesce(last_coauth_table_version, floor(epoch_ms(clock_timestamp()))::bigint) + 1 as coauth
      from file where id = $1 and deleted_at is not null
    ), back as (
      update file set deleted_at = null, deleted_by = null, deleted_from = null, kept_from = null,
        last_lock_epoch = null, last_coauth_table_version = null, container_id = $2, name = $3, name_key = $4
      where id = $1 and deleted_at is not null and not exists (
        select from file other where other.container_id = $2 and other.name_key = $4 and other.deleted_at is null)
      returning id, version
    ), lock_row as (
      insert into file_lock (file_id, version, epoch, coauth_table_version)
      select back.id, back.version, counted.epoch, counted.coauth from back join counted using (id)
    )
    select id from back`,
}

/** Everything that is of a file; a table that refers to it and is not named here stops the purge. */
const OF_A_FILE = [
  'file_version',
  'recovery_item',
  'stream',
  'content_property',
  'upload_session',
  'coauth_session',
  'file_lock',
] as const

/** The caller holds the files. What they were called and who deleted them is for the audit. $1 files */
export const PURGE: Statement<
  {
    id: FileId
    name: string
    owner_id: UserId
    size: string
    version: string
    deleted_at: Date
    deleted_by: UserId | null
  },
  [readonly FileId[]]
> = {
  name: 'purge-from-bin',
  text: `
    with ${OF_A_FILE.map((table) => `of_${table} as (delete from ${table} where file_id = any ($1))`).join(', ')},
    grants as (delete from access_grant where object_id = any ($1) and object_kind = 'file'),
    holders as (delete from share_link_holder where object_id = any ($1)),
    links as (update share_link set revoked_at = clock_timestamp()
      where object_id = any ($1) and object_kind = 'file' and revoked_at is null)
    delete from file where id = any ($1) and deleted_at is not null
    returning id, name, owner_id, size, version, deleted_at, deleted_by`,
}
