import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What is in the audit already, though it goes on: an editor reads the same document again and again. */
export class AuditedOnce1764931000000 implements MigrationInterface {
  name = 'AuditedOnce1764931000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table audited_once (
      key text primary key,
      at timestamptz not null default clock_timestamp()
    )`)
    await runner.query(`create index audited_once_at on audited_once (at)`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
