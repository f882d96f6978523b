import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Links that let whoever has them see or edit a file or container, until they expire or are revoked (WOPI.md §8.5). */
export class ShareLinks1764500000000 implements MigrationInterface {
  name = 'ShareLinks1764500000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table share_link (
        id text primary key,
        object_id text not null,
        object_kind text not null check (object_kind in ('file', 'container')),
        role text not null check (role in ('viewer', 'editor')),
        created_by text not null references user_account,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz
      )`)
    await runner.query(`create index share_link_object on share_link (object_id) where revoked_at is null`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
