import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * `unsaved_unclear`: a page said that nothing is unsaved, and no save covers what was changed. A release before this one
 * takes the changes for unsaved, since `unsaved_since` stays.
 */
export class UnclearChanges1764950000000 implements MigrationInterface {
  name = 'UnclearChanges1764950000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table coauth_session add column unsaved_unclear boolean not null default false`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
