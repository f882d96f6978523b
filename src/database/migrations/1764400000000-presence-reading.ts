import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What the lists and the hourly purges look for, so that they need not read whole tables. */
export class PresenceReading1764400000000 implements MigrationInterface {
  name = 'PresenceReading1764400000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of PRESENCE_READING) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const PRESENCE_READING = [
  `create index coauth_participant_user on coauth_participant (user_id, session_id)`,
  // Only what a purge has still to forget.
  `create index coauth_session_named on coauth_session (ended_at)
    where saved_user is not null or failing_user is not null`,
  `create index access_token_revoked on access_token (issued_at, jti) where revoked_at is not null`,
  `create index audit_event_grants on audit_event (object_id, at) where action in ('grant', 'grant-removed')`,
  // Versions are written in the order of their time, so a block range costs a save next to nothing.
  `create index file_version_at on file_version using brin (at) with (pages_per_range = 32)`,
]
