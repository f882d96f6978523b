import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Which blobs may be deleted: those whose reference Tandem itself took away, and those that nobody missed for a month. */
export class ReleasedBlobs1764910000000 implements MigrationInterface {
  name = 'ReleasedBlobs1764910000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

/** Where a blob stands, and when the reference is gone. A new table belongs here by a migration of its own, or a test fails. */
const REFERENCES = [
  { table: 'file_version', column: 'blob' },
  { table: 'upload_part', column: 'blob' },
  { table: 'stream', column: 'content' },
]

const STATEMENTS = [
  // Only ever added to by triggers: whoever deletes a reference need not know of it. More than one row for a blob is
  // fine, and makes two that release the same blob wait for nobody.
  `create table released_blob (
    blob text not null,
    released_at timestamptz not null default clock_timestamp()
  )`,
  `create index released_blob_blob on released_blob (blob)`,
  `create index released_blob_at on released_blob (released_at)`,

  // On disk, but in no table: an upload that broke off, or a save that a restored database does not know.
  `create table quarantined_blob (
    blob text primary key,
    since timestamptz not null default clock_timestamp(),
    confirmed_by text
  )`,

  // The owner's rights: between a migration and its grants the server before this one goes on deleting.
  `create function release_blob() returns trigger language plpgsql security definer set search_path from current as
    $$ begin
      insert into released_blob (blob)
      select gone.blob from (select to_jsonb(old) ->> tg_argv[0] as blob) gone where gone.blob <> '';
      return null;
    end $$`,
  `create function release_chunk_blobs() returns trigger language plpgsql security definer set search_path from current as
    $$ begin
      insert into released_blob (blob) select distinct blob from gone where blob <> content and blob <> '';
      return null;
    end $$`,

  ...REFERENCES.flatMap(({ table, column }) => [
    // By row: a save deletes no stream nearly always, and then pays nothing.
    `create trigger ${table}_released after delete on ${table}
      for each row execute function release_blob('${column}')`,
    `create trigger ${table}_replaced after update of ${column} on ${table}
      for each row when (old.${column} is distinct from new.${column}) execute function release_blob('${column}')`,
  ]),
  // A discarded item needs its bytes no more, though its row is kept for a while.
  `create trigger recovery_item_released after delete on recovery_item
    for each row when (old.resolution is distinct from 'discarded') execute function release_blob('blob')`,
  `create trigger recovery_item_replaced after update of blob, resolution on recovery_item
    for each row when (old.resolution is distinct from 'discarded'
      and (old.blob is distinct from new.blob or new.resolution = 'discarded'))
    execute function release_blob('blob')`,
  // By statement: a composite has as many rows as chunks, in few blobs.
  `create trigger stream_chunk_released after delete on stream_chunk referencing old table as gone
    for each statement execute function release_chunk_blobs()`,
  `create trigger stream_chunk_replaced after update on stream_chunk referencing old table as gone
    for each statement execute function release_chunk_blobs()`,

  // What was discarded before this migration is named here, since nothing else points to it.
  `insert into released_blob (blob) select distinct blob from recovery_item where resolution = 'discarded'`,
]
