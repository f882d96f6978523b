import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The one row that readiness writes, to find out whether anything can be written. */
export class ReadinessProbe1764960000000 implements MigrationInterface {
  name = 'ReadinessProbe1764960000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table readiness_probe (
        id boolean primary key default true check (id),
        at timestamptz not null
      ) with (fillfactor = 50)`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
