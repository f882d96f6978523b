import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * A save of the bytes that the head has already is a version of its own, but changes no content: `at` is when it was
 * saved, `modified_at` since when the content is what it is. Null, which the old server writes: the same as `at`.
 */
export class VersionModifiedAt1764920000000 implements MigrationInterface {
  name = 'VersionModifiedAt1764920000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table file_version add column modified_at timestamptz`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
