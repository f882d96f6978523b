import type { MigrationInterface, QueryRunner } from 'typeorm'

/** People who are signed in at the pages, and which access tokens they got there. */
export class WebSessions1764550000000 implements MigrationInterface {
  name = 'WebSessions1764550000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table web_session (
        cookie_hash text primary key,
        sign_in text not null unique,
        user_id text not null references user_account,
        role text not null check (role in ('user', 'auditor', 'admin')),
        started_at timestamptz not null,
        last_seen_at timestamptz not null,
        expires_at timestamptz not null,
        ended_at timestamptz
      )`)
    await runner.query(`create index web_session_expiry on web_session (expires_at)`)
    await runner.query(`alter table access_token add column web_session text`)
    await runner.query(
      `create index access_token_web_session on access_token (web_session) where web_session is not null`,
    )
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
