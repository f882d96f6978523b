import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Who is editing, what happened, and which saves a revoked person's hand is in. */
export class CoauthStatus1764200000000 implements MigrationInterface {
  name = 'CoauthStatus1764200000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of COAUTH_STATUS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const COAUTH_STATUS = [
  // One open session per file: from the first who opens it for editing to the last who is gone.
  `create table coauth_session (
    id text primary key,
    file_id text not null references file,
    application text not null check (application in ('word', 'excel', 'powerpoint', 'other')),
    started_at timestamptz not null,
    last_activity_at timestamptz not null,
    ended_at timestamptz,
    end_reason text check (end_reason in ('closed', 'silent', 'lock-expired', 'ended-by-admin', 'file-deleted')),
    lock_held boolean not null default false,
    learnt_rule text check (learnt_rule in ('last-joined', 'first-joined')),
    believed_jti text,
    unsaved_since timestamptz,
    saved_at timestamptz,
    saved_version bigint,
    saved_user text,
    saved_jti text,
    saved_editors text[] not null default '{}',
    failing_since timestamptz,
    failing_reason text,
    failing_user text,
    failing_jti text,
    warned text[] not null default '{}',
    check ((ended_at is null) = (end_reason is null))
  )`,
  `create unique index coauth_session_open on coauth_session (file_id) where ended_at is null`,
  `create index coauth_session_started on coauth_session (started_at, id)`,
  `create index coauth_session_file on coauth_session (file_id, started_at)`,

  // One row per access token: a person in two tabs is one editor with two.
  `create table coauth_participant (
    session_id text not null references coauth_session on delete cascade,
    jti text not null,
    user_id text not null,
    mode text not null check (mode in ('view', 'edit')),
    family text not null check (family in ('microsoft', 'collabora', 'onlyoffice')),
    reports text check (reports in ('edits', 'modified')),
    joined_at timestamptz not null,
    last_seen_at timestamptz not null,
    checked_at timestamptz,
    edited_at timestamptz,
    conflicted_at timestamptz,
    refused_at timestamptz,
    left_at timestamptz,
    left_reason text,
    primary key (session_id, jti)
  )`,

  // What happened, in the order of its id: the source of the live stream and of webhooks (src/events).
  `create table session_event (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    kind text not null,
    file_id text,
    session_id text,
    user_id text,
    detail jsonb not null default '{}'
  )`,
  `create index session_event_session on session_event (session_id, id)`,
  `create index session_event_file on session_event (file_id, id)`,

  `alter table file_version add column flag text check (flag in ('edits-by-revoked-user'))`,
]
