/** The least that a WOPI host must keep: files with their history, a lock each, who may do what, and tokens. */
export const schema = `
  create table file (
    id text primary key, name text not null, owner text not null, version bigint not null, size bigint not null,
    sha256 text not null, blob text not null, modified_at timestamptz not null, modified_by text not null,
    deleted_at timestamptz
  );
  create table file_version (
    file text not null references file, version bigint not null, blob text not null, size bigint not null,
    sha256 text not null, author text not null, at timestamptz not null, primary key (file, version)
  );
  create table file_lock (
    file text primary key references file, lock_id text not null default '', expires_at timestamptz,
    table_version bigint not null default 0
  ) with (fillfactor = 50);
  create table coauth_lock (
    file text not null references file, lock_id text not null, type text not null, name text not null,
    acquired_at timestamptz not null, expires_at timestamptz not null, primary key (file, lock_id)
  );
  create table file_grant (
    file text not null references file, subject text not null, role text not null, primary key (file, subject)
  );
  create table access_token (
    jti text primary key, subject text not null, file text not null references file, revoked_at timestamptz
  );`

/** A prepared statement; pg keeps one plan per connection and name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export interface AccessRow {
  readonly subject: string
  readonly role: string
  readonly name: string
  readonly owner: string
  readonly version: string
  readonly size: string
  readonly sha256: string
  readonly blob: string
  readonly modified_at: Date
  /** '' when nobody holds it */
  readonly live_lock: string
}

/** Who, what and which right, live. $1 jti, $2 file */
export const access: Statement = {
  name: 'access',
  text: `
    select t.subject, g.role, f.name, f.owner, f.version, f.size, f.sha256, f.blob, f.modified_at,
      case when l.expires_at > clock_timestamp() then l.lock_id else '' end as live_lock
    from access_token t
    join file f on f.id = t.file and f.deleted_at is null
    join file_grant g on g.file = t.file and g.subject = t.subject
    join file_lock l on l.file = t.file
    where t.jti = $1 and t.file = $2 and t.revoked_at is null`,
}

/**
 * One statement asks for the right and moves the lock. It changes no row when either fails; PostgreSQL judges the
 * condition anew, clock included, when another change of the row came first. $1 jti, $2 file, $3 lock id
 */
const lockStatement = (name: string, set: string, condition: string): Statement => ({
  name,
  text: `
    update file_lock l set ${set}
    from access_token t, file f, file_grant g
    where t.jti = $1 and t.file = $2 and t.revoked_at is null
      and f.id = t.file and f.deleted_at is null
      and g.file = t.file and g.subject = t.subject and g.role in ('editor', 'owner')
      and l.file = t.file and ${condition}
    returning f.version`,
})

const held = `l.lock_id = $3 and l.expires_at > clock_timestamp()`
const alive = `expires_at = clock_timestamp() + interval '30 minutes'`

export const lockStatements: Readonly<Record<string, Statement>> = {
  LOCK: lockStatement(
    'lock',
    `lock_id = $3, ${alive}`,
    `(l.lock_id = $3 or l.expires_at is null or l.expires_at <= clock_timestamp())`,
  ),
  REFRESH_LOCK: lockStatement('refresh', alive, held),
  UNLOCK: lockStatement('unlock', `lock_id = '', expires_at = null`, held),
}

/** $1 jti, $2 file, $3 lock id, $4 type, $5 seconds */
export const getCoauthLock: Statement = {
  name: 'get-coauth-lock',
  text: `
    with mine as (
      insert into coauth_lock
      select t.file, $3, $4, t.subject, clock_timestamp(), clock_timestamp() + $5::int * interval '1 s'
      from access_token t join file_grant g on g.file = t.file and g.subject = t.subject and g.role in ('editor', 'owner')
      where t.jti = $1 and t.file = $2 and t.revoked_at is null
      on conflict (file, lock_id) do update set expires_at = excluded.expires_at
      returning file, xmax = 0 as fresh
    )
    update file_lock l set table_version = table_version + mine.fresh::int from mine where l.file = mine.file
    returning l.file`,
}

/** The version of the coauth table: right, counter and what has not expired, in one look. $1 jti, $2 file */
export const coauthTableVersion: Statement = {
  name: 'coauth-table-version',
  text: `
    select l.table_version || '.' || (
      select count(*) from coauth_lock c where c.file = l.file and c.expires_at > clock_timestamp()) as version
    from access_token t
    join file f on f.id = t.file and f.deleted_at is null
    join file_grant g on g.file = t.file and g.subject = t.subject
    join file_lock l on l.file = t.file
    where t.jti = $1 and t.file = $2 and t.revoked_at is null`,
}

/**
 * The whole commit of a save: right and lock once more under the lock's row lock, then head and version together.
 * $1 jti, $2 file, $3 lock id, $4 blob, $5 size, $6 sha256
 */
export const save: Statement = {
  name: 'save',
  text: `
    with holder as materialized (
      select l.file, l.expires_at, t.subject
      from file_lock l
      join access_token t on t.file = l.file and t.jti = $1 and t.revoked_at is null
      join file_grant g on g.file = l.file and g.subject = t.subject and g.role in ('editor', 'owner')
      where l.file = $2 and l.lock_id = $3
      for no key update of l
    ), head as (
      update file set version = version + 1, blob = $4, size = $5, sha256 = $6,
        modified_at = clock_timestamp(), modified_by = holder.subject
      from holder
      where file.id = holder.file and file.deleted_at is null and holder.expires_at > clock_timestamp()
      returning file.id, file.version, file.modified_at
    )
    insert into file_version (file, version, blob, size, sha256, author, at)
    select id, head.version, $4, $5, $6, subject, modified_at from head, holder
    returning version`,
}
