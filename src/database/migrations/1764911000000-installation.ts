import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Which folder of blobs this database belongs to, and what the latest look at both found. */
export class Installation1764911000000 implements MigrationInterface {
  name = 'Installation1764911000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INSTALLATION)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const INSTALLATION = `
  create table installation (
    one_row boolean primary key default true check (one_row),
    id text not null,
    created_at timestamptz not null default clock_timestamp(),
    looked_at timestamptz not null default clock_timestamp(),
    held_until timestamptz not null default '-infinity',
    blobs bigint,
    unknown_blobs bigint
  )`
