import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What an identity provider says of a person is true at the time that its token was issued, and an older token is good
 * for hours more. So the newest facts are kept with their time, the role among them. A server of the release before
 * writes neither column; what it writes counts as not dated.
 */
export class FactsOfPeople1764980000000 implements MigrationInterface {
  name = 'FactsOfPeople1764980000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table user_account
        add column facts_at timestamptz,
        add column api_role text check (api_role in ('user', 'auditor', 'admin'))`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
