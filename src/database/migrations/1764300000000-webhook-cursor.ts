import type { MigrationInterface, QueryRunner } from 'typeorm'

/** How far the events have been handed over for each receiver of webhooks (src/webhooks). */
export class WebhookCursor1764300000000 implements MigrationInterface {
  name = 'WebhookCursor1764300000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook_cursor (
        receiver text primary key,
        last_event_id bigint not null
      )`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
