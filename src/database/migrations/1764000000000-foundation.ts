import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The tables that locks, saves and permissions need. */
export class Foundation1764000000000 implements MigrationInterface {
  name = 'Foundation1764000000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of FOUNDATION) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('The first migration cannot be undone: that would drop every document.'))
  }
}

const FOUNDATION = [
  `create table user_account (
    id text primary key,
    display_name text not null,
    principal_name text,
    groups text[] not null default '{}',
    user_info text,
    disabled_at timestamptz,
    created_at timestamptz not null default clock_timestamp()
  )`,

  // ancestors: ids from the root down to this container itself, so that an inherited right is one array lookup.
  `create table container (
    id text primary key,
    parent_id text references container,
    name text not null,
    name_key text not null,
    owner_id text,
    ancestors text[] not null,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create unique index container_name on container (parent_id, name_key)`,

  `create table file (
    id text primary key,
    container_id text not null references container,
    name text not null,
    name_key text not null,
    owner_id text not null,
    version bigint not null,
    sequence_number int not null check (sequence_number > 0),
    size bigint not null,
    sha256 text not null,
    blob text not null,
    modified_at timestamptz not null,
    modified_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    deleted_at timestamptz
  )`,
  `create unique index file_name on file (container_id, name_key) where deleted_at is null`,
  `create index file_owner on file (owner_id)`,

  `create table file_version (
    file_id text not null references file,
    version bigint not null,
    blob text not null,
    size bigint not null,
    sha256 text not null,
    author text not null,
    editors text[] not null default '{}',
    cause text not null check (cause in ('save', 'upload', 'restore', 'merge', 'chunked')),
    session text,
    correlation_id text,
    at timestamptz not null,
    primary key (file_id, version)
  )`,
  `create index file_version_blob on file_version (blob)`,

  // One row per file, made with it, never more: the row lock is the lock on the lock. version repeats the head's,
  // so that a lock answer names the version under the same row lock. Half-filled pages keep refreshes heap-only.
  `create table file_lock (
    file_id text primary key references file,
    kind text not null default 'none' check (kind in ('none', 'wopi', 'exclusive')),
    lock_id text not null default '',
    holder text,
    reason text,
    taken_at timestamptz,
    refreshed_at timestamptz,
    expires_at timestamptz,
    user_visible boolean not null default false,
    epoch bigint not null default 0,
    coauth_table_version bigint not null default 0,
    version bigint not null,
    check ((kind = 'none') = (expires_at is null))
  ) with (fillfactor = 50)`,
  `create index file_lock_held on file_lock (file_id) where kind <> 'none'`,

  `create table access_grant (
    object_id text not null,
    subject text not null,
    object_kind text not null check (object_kind in ('file', 'container')),
    role text not null check (role in ('viewer', 'editor', 'owner')),
    granted_by text not null,
    granted_at timestamptz not null default clock_timestamp(),
    primary key (object_id, subject)
  )`,
  `create index access_grant_subject on access_grant (subject)`,

  `create table access_token (
    jti text primary key,
    user_id text not null references user_account,
    resource_kind text not null check (resource_kind in ('file', 'container')),
    resource_id text not null,
    mode text not null check (mode in ('view', 'edit')),
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
  )`,
  `create index access_token_user on access_token (user_id)`,
  `create index access_token_resource on access_token (resource_id)`,

  `create table recovery_item (
    id text primary key,
    file_id text not null references file,
    reason text not null,
    user_id text not null,
    editors text[] not null default '{}',
    presented_lock_id text not null default '',
    base_version bigint not null,
    correlation_id text,
    blob text not null,
    size bigint not null,
    sha256 text not null,
    at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    resolution text check (resolution in ('restored', 'saved-as-copy', 'discarded'))
  )`,
  // Word repeats a refused save every 30 s: one open item per content.
  `create unique index recovery_item_open on recovery_item (file_id, sha256) where resolved_at is null`,
  `create index recovery_item_blob on recovery_item (blob)`,

  `create table audit_event (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    action text not null,
    object_id text not null,
    outcome text not null,
    correlation_id text,
    detail jsonb not null default '{}'
  )`,
  `create index audit_event_object on audit_event (object_id, id)`,
  `create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'audit_event is append-only' using errcode = 'insufficient_privilege'; end $$`,
  `create trigger audit_event_append_only before update or delete or truncate on audit_event
    for each statement execute function refuse_change()`,

  `create function role_rank(role text) returns int language sql immutable parallel safe as
    $$ select case role when 'owner' then 3 when 'editor' then 2 when 'viewer' then 1 else 0 end $$`,

  // The one home of "which role has this person here, now?": ownership of the object or of a container around it, or
  // the strongest role granted to the person, to their groups, or everyone, there or above. plpgsql keeps its plans.
  `create function rank_of(person text, person_groups text[], object text, object_owner text, around text[])
    returns int language plpgsql stable as $$
    begin
      if object_owner = person then return 3; end if;
      if exists (select from container c where c.id = any (around) and c.owner_id = person) then return 3; end if;
      return coalesce((
        select max(role_rank(g.role)) from access_grant g
        where g.object_id = any (around || object)
          and (g.subject = 'user:' || person or g.subject = 'everyone'
            or (g.subject like 'group:%' and substr(g.subject, 7) = any (person_groups)))), 0);
    end $$`,

  `insert into container (id, name, name_key, ancestors) values ('root', 'Documents', 'documents', '{root}')`,
]
