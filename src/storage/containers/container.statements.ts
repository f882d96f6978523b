import type { Statement } from '../../database/database.js'
import type { ContainerId, UserId } from '../../ids/ids.js'

export interface ContainerRow {
  readonly id: ContainerId
}

/** No row when the name is taken. $1 id, $2 parent, $3 name, $4 name key, $5 owner */
export const CREATE_CONTAINER: Statement<ContainerRow, [ContainerId, ContainerId, string, string, UserId]> = {
  name: 'create-container',
  text: `
    insert into container (id, parent_id, name, name_key, owner_id, ancestors)
    select $1, id, $3, $4, $5, ancestors || $1::text from container where id = $2
    on conflict (parent_id, name_key) do nothing
    returning id`,
}

/** $1 container */
export const CONTAINER_EXISTS: Statement<ContainerRow, [ContainerId]> = {
  name: 'container-exists',
  text: `select id from container where id = $1`,
}

/** Nobody else renames, deletes or fills the container until the transaction ends. $1 container */
export const HOLD_CONTAINER: Statement<{ name: string; parent_id: ContainerId | null }, [ContainerId]> = {
  name: 'hold-container',
  text: `select name, parent_id from container where id = $1 for update`,
}

/** Nobody renames or deletes it until the transaction ends; it can be filled meanwhile. $1 container */
export const KEEP_CONTAINER: Statement<ContainerRow, [ContainerId]> = {
  name: 'keep-container',
  text: `select id from container where id = $1 for key share`,
}

/** Nobody else changes it, or what is shared of it, until the transaction ends; it can be filled. $1 container */
export const HOLD_SHARING: Statement<ContainerRow, [ContainerId]> = {
  name: 'hold-sharing-of-container',
  text: `select id from container where id = $1 for no key update`,
}

/** No row when the name is taken. $1 container, $2 name, $3 name key */
export const RENAME_CONTAINER: Statement<ContainerRow, [ContainerId, string, string]> = {
  name: 'rename-container',
  text: `
    update container set name = $2, name_key = $3
    where id = $1 and not exists (
      select from container other, container self
      where self.id = $1 and other.parent_id = self.parent_id and other.name_key = $3 and other.id <> $1)
    returning id`,
}

/** $1 container */
export const HAS_CHILDREN: Statement<{ found: boolean }, [ContainerId]> = {
  name: 'container-has-children',
  text: `
    select exists (select from file where container_id = $1 and deleted_at is null)
      or exists (select from container where parent_id = $1) as found`,
}

/** The content of deleted files stays, and so do their rows: they belong to the folder above then. $1 container, $2 parent */
export const REPARENT_DELETED_FILES: Statement<Record<string, never>, [ContainerId, ContainerId]> = {
  name: 'hand-deleted-files-up',
  text: `update file set container_id = $2 where container_id = $1 and deleted_at is not null`,
}

/** $1 container */
export const DELETE_CONTAINER: Statement<Record<string, never>, [ContainerId]> = {
  name: 'delete-container',
  text: `
    with grants as (delete from access_grant where object_id = $1 and object_kind = 'container')
    delete from container where id = $1`,
}
