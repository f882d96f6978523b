import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Access tokens for the ecosystem: neither a file's nor a container's token may open it (WOPI.md §10). */
export class EcosystemTokens1764450000000 implements MigrationInterface {
  name = 'EcosystemTokens1764450000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table access_token drop constraint access_token_resource_kind_check,
        add constraint access_token_resource_kind_check check (resource_kind in ('file', 'container', 'ecosystem'))`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
