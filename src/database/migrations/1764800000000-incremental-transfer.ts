import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Content made of chunks, alternate streams, content properties and upload sessions (WOPI.md §13). */
export class IncrementalTransfer1764800000000 implements MigrationInterface {
  name = 'IncrementalTransfer1764800000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const STATEMENTS = [
  // A composite: the chunks of other blobs, one after the other. Or a blob whose chunks are remembered. Immutable.
  `create table chunked_content (
    id text primary key,
    scheme text not null check (scheme in ('FullFile', 'Zip')),
    size bigint not null check (size >= 0),
    made_at timestamptz not null default clock_timestamp()
  )`,

  // Chunks below 0 are known but no part of the list: the whole of a zip archive that came as one chunk.
  `create table stream_chunk (
    content text not null references chunked_content on delete cascade,
    ordinal int not null,
    chunk_id text not null,
    blob text not null,
    start bigint not null,
    length bigint not null,
    primary key (content, ordinal)
  )`,
  // Who needs a blob, beside the blob itself?
  `create index stream_chunk_blob on stream_chunk (blob) where blob <> content`,

  // The alternate ones; the main content is the file's head.
  `create table stream (
    file_id text not null references file,
    stream_id text not null,
    content text not null references chunked_content,
    size bigint not null,
    sha256 text not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (file_id, stream_id)
  )`,
  `create index stream_content on stream (content)`,

  `create table content_property (
    file_id text not null references file,
    name text not null,
    value text not null,
    retention text not null check (retention in ('DeleteOnContentChange', 'KeepOnContentChange')),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (file_id, name)
  )`,

  `create table upload_session (
    token text primary key,
    file_id text not null references file,
    user_id text not null references user_account,
    size bigint not null default 0,
    expires_at timestamptz not null
  )`,
  `create index upload_session_expires on upload_session (expires_at)`,

  `create table upload_part (
    token text not null references upload_session on delete cascade,
    start bigint not null,
    length bigint not null,
    blob text not null,
    primary key (token, start)
  )`,
  `create index upload_part_blob on upload_part (blob)`,
]
