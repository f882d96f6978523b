import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What administrators and auditors page through. A save writes to none of these indexes. */
export class AdminReading1764350000000 implements MigrationInterface {
  name = 'AdminReading1764350000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ADMIN_READING) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const ADMIN_READING = [
  `create index access_token_issued on access_token (issued_at, jti)`,
  `create index recovery_item_at on recovery_item (at, id)`,
  `create index recovery_item_open_user on recovery_item (user_id) where resolved_at is null`,
]
