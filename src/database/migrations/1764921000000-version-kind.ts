import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Of what kind the bytes of a version are, by their first and last ones; and of which the version before was, where that
 * was another. Null, which the old server writes: nobody looked.
 */
export class VersionKind1764921000000 implements MigrationInterface {
  name = 'VersionKind1764921000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table file_version add column kind text, add column former_kind text`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
