import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Deleted files stay in a bin. What was deleted before this stayed in the database as well, and was nobody's to have
 * back: it turns up in the bin with all of its time before it. A server of the release before sets `deleted_at` alone.
 */
export class Bin1764930000000 implements MigrationInterface {
  name = 'Bin1764930000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of BIN) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const BIN = [
  // deleted_from: the container that it was in, which may be deleted as well; no reference, therefore. kept_from: when
  // its time in the bin began, if not with its deletion. The two counters go on where the lock row ended with the file.
  `alter table file
    add column deleted_by text,
    add column deleted_from text,
    add column kept_from timestamptz,
    add column last_lock_epoch bigint,
    add column last_coauth_table_version bigint`,
  `update file set kept_from = clock_timestamp() where deleted_at is not null`,
  `create index file_in_bin on file (deleted_at, id) where deleted_at is not null`,
]
