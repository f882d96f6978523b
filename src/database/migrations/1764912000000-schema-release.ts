import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The oldest release that may still work on what each migration made (src/database/schema-release.ts). */
export class SchemaRelease1764912000000 implements MigrationInterface {
  name = 'SchemaRelease1764912000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create table schema_release (migration text primary key, oldest_release text not null)`,
    )
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
