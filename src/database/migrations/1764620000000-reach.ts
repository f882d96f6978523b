import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What is a person's is found from the person: lists cost what that person has, and not what everybody has. */
export class Reach1764620000000 implements MigrationInterface {
  name = 'Reach1764620000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const STATEMENTS = [
  `create index container_owner on container (owner_id)`,
  `create index container_ancestors on container using gin (ancestors)`,
  `create index share_link_holder_link on share_link_holder (link_id, user_id)`,
  `create index web_session_user on web_session (user_id) where ended_at is null`,
]
