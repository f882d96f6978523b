import type { Statement } from '../../database/database.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import type { ContentKind } from './content-kind.js'
import { VISIBLE_OBJECTS } from './visible-objects.js'

/** Of a version `v`; what has no bytes needs no look at them. */
export const KIND = `coalesce(v.kind, case v.size when 0 then 'empty' end)`

/** The current content of a file and where it stands. */
export interface HeadRow {
  readonly id: FileId
  readonly name: string
  readonly container_id: ContainerId
  readonly owner_id: UserId
  readonly version: string
  readonly sequence_number: number
  readonly size: string
  readonly sha256: string
  readonly blob: string
  readonly modified_at: string
  readonly modified_by: UserId
}

/** A version that was just made. */
export interface HeadMoved {
  readonly version: string
  readonly modified_at: string
  readonly sequence_number: number
  readonly kind: ContentKind | null
  /** Of the version before, where that was of another one. */
  readonly former_kind: ContentKind | null
}

const HEAD_COLUMNS = `id, name, container_id, owner_id, version, sequence_number, size, sha256, blob, iso_time(modified_at) as modified_at, modified_by`

/** $1 file */
export const GET_HEAD: Statement<HeadRow, [FileId]> = {
  name: 'get-head',
  text: `select ${HEAD_COLUMNS} from file where id = $1 and deleted_at is null`,
}

/**
 * Nobody else moves, renames or deletes the file until the transaction ends. `may_return`: what was refused at the end of
 * a session may come back with the next save. $1 file
 */
export const LOCK_HEAD: Statement<HeadRow & { may_return: boolean }, [FileId]> = {
  name: 'lock-head',
  text: `
    select ${HEAD_COLUMNS}, exists (
      select from recovery_item r where r.file_id = file.id and r.exit_save and r.returned_version is null
    ) as may_return
    from file where id = $1 and deleted_at is null for no key update`,
}

/** Nobody deletes its row until the transaction ends; saves go on. $1 file */
export const KEEP_FILE: Statement<{ id: FileId }, [FileId]> = {
  name: 'keep-file',
  text: `select id from file where id = $1 and deleted_at is null for key share`,
}

/**
 * A new file with its first version and its lock row; no row when the name is taken.
 * $1 id, $2 container, $3 name, $4 name key, $5 owner, $6 blob, $7 size, $8 sha256, $9 cause, $10 correlation id,
 * $11 kind or null
 */
export const CREATE_FILE: Statement<
  HeadRow,
  [FileId, ContainerId, string, string, UserId, string, number, string, string, string, string | null]
> = {
  name: 'create-file',
  text: `
    with made as (
      insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
        modified_at, modified_by)
      values ($1, $2, $3, $4, $5, 1, 1, $7, $8, $6, clock_timestamp(), $5)
      on conflict (container_id, name_key) where deleted_at is null do nothing
      returning *
    ), first_version as (
      insert into file_version (file_id, version, blob, size, sha256, author, cause, correlation_id, at, modified_at, kind)
      select id, version, blob, size, sha256, owner_id, $9, $10, modified_at, modified_at, $11 from made
    ), lock_row as (
      insert into file_lock (file_id, version) select id, version from made
    )
    select ${HEAD_COLUMNS} from made`,
}

/**
 * Moves the head to new bytes. The caller holds the head (LOCK_HEAD) in the same transaction.
 * $1 file, $2 blob, $3 size, $4 sha256, $5 author, $6 editors, $7 cause, $8 correlation id, $9 flag or null,
 * $10 lock epoch or null, $11 the token's editor or null, $12 kind or null
 */
export const MOVE_HEAD: Statement<
  HeadMoved,
  [
    FileId,
    string,
    number,
    string,
    UserId,
    readonly string[],
    string,
    string,
    string | null,
    string | null,
    string | null,
    string | null,
  ]
> = {
  name: 'move-head',
  text: `
    select new_version as version, new_sequence_number as sequence_number, iso_time(new_modified_at) as modified_at,
      new_kind as kind, other_kind as former_kind
    from move_head($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
}

/** No row when the name is taken. $1 file, $2 name, $3 name key */
export const RENAME_FILE: Statement<{ id: FileId }, [FileId, string, string]> = {
  name: 'rename-file',
  text: `
    update file set name = $2, name_key = $3
    where id = $1 and not exists (
      select from file other, file self
      where self.id = $1 and other.container_id = self.container_id and other.name_key = $3
        and other.id <> $1 and other.deleted_at is null)
    returning id`,
}

/** Into the bin: out of everybody's sight, with all that belongs to it (bin.statements.ts). $1 file, $2 who deletes it */
export const DELETE_FILE: Statement<{ id: FileId }, [FileId, UserId]> = {
  name: 'delete-file',
  text: `
    with lock_row as (
      delete from file_lock where file_id = $1 and exists (select from file where id = $1 and deleted_at is null)
      returning epoch, coauth_table_version
    )
    update file set deleted_at = clock_timestamp(), deleted_by = $2, deleted_from = container_id, kept_from = null,
      last_lock_epoch = (select epoch from lock_row),
      last_coauth_table_version = (select coauth_table_version from lock_row)
    where id = $1 and deleted_at is null
    returning id`,
}

/** $1 container, $2 name key */
export const FIND_BY_NAME: Statement<{ id: FileId }, [ContainerId, string]> = {
  name: 'find-by-name',
  text: `select id from file where container_id = $1 and name_key = $2 and deleted_at is null`,
}

const FOUND_AFTER = `f.deleted_at is null and ($2::timestamptz is null or (f.created_at, f.id) > ($2::timestamptz, $3::text))
          order by f.created_at, f.id limit $4`

/**
 * The next of the files that a person owns or was granted, in order of their making: of each folder as many as the page
 * has, and of all these the first. `rank_of` judges them and nothing else; who has no right to it any more has rank 0,
 * and so a page may be shorter than it could be. $1 user, $2 after created_at, $3 after id, $4 limit
 */
export const LIST_FILES: Statement<
  HeadRow & { created_at: string; rank: number },
  [UserId, string | null, FileId | null, number]
> = {
  name: 'list-files',
  plan: 'anew',
  text: `${VISIBLE_OBJECTS}, next as materialized (
      select id, created_at from (
        (select f.id, f.created_at from file f where f.owner_id = $1 and ${FOUND_AFTER})
        union (select f.id, f.created_at from named join file f using (id) where kind = 'file' and ${FOUND_AFTER})
        union (select f.id, f.created_at from places, lateral (
            select f.id, f.created_at from file f where f.container_id = places.id and ${FOUND_AFTER}
          ) f
          order by f.created_at, f.id limit $4)
      ) found
      order by created_at, id limit $4
    )
    select f.id, f.name, f.container_id, f.owner_id, f.version, f.sequence_number, f.size, f.sha256, f.blob, f.modified_by,
      iso_time(f.modified_at) as modified_at, f.created_at::text as created_at,
      rank_of(person.id, person.groups, f.id, f.owner_id, c.ancestors) as rank
    from person, next join file f on f.id = next.id join container c on c.id = f.container_id
    order by next.created_at, next.id`,
}
