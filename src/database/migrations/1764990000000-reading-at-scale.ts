import type { MigrationInterface, QueryRunner } from 'typeorm'
import { indexBesideWork } from '../index-beside-work.js'

/**
 * What lists, filters, jobs and numbered names look for, where a table has millions of rows (bench/README.md, "Scale"). A
 * save writes to one of these indexes more than the audit's own, and to none of a file, its versions or its lock: PostgreSQL
 * keeps an update beside the old row only while no index has a column that it changes.
 */
export class ReadingAtScale1764990000000 implements MigrationInterface {
  name = 'ReadingAtScale1764990000000'
  readonly oldestRelease = '0.1.0'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) await indexBesideWork(runner, name, definition)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const INDEXES: Readonly<Record<string, string>> = {
  audit_event_at: `audit_event (at, id)`,
  audit_event_actor: `audit_event (actor, at, id)`,
  audit_event_action: `audit_event (action, at, id) where action <> 'save'`,
  audit_event_refused: `audit_event (outcome, at, id) where outcome <> 'done'`,
  // No two are alike: as a tree, each save would write to a page of its own.
  audit_event_correlation: `audit_event using brin (correlation_id text_bloom_ops)`,

  access_token_of_user: `access_token (user_id, issued_at, jti)`,
  access_token_expiry: `access_token (expires_at)`,

  access_grant_of: `access_grant (subject, object_kind, object_id)`,

  file_lock_holder: `file_lock (holder, file_id) where kind <> 'none'`,
  file_lock_exclusive: `file_lock (file_id) where kind = 'exclusive'`,
  coauth_lock_user: `coauth_lock (user_id, file_id)`,

  coauth_session_open_started: `coauth_session (started_at, id) where ended_at is null`,
  coauth_session_application: `coauth_session (application, started_at, id)`,
  coauth_session_failing: `coauth_session (id) where ended_at is null and failing_since is not null`,

  recovery_item_file: `recovery_item (file_id, at, id)`,
  recovery_item_user: `recovery_item (user_id, at, id)`,
  recovery_item_open_at: `recovery_item (at, id) where resolved_at is null`,
  recovery_item_reason: `recovery_item (reason, at, id)`,

  file_owned: `file (owner_id, created_at, id) where deleted_at is null`,
  file_placed: `file (container_id, created_at, id) where deleted_at is null`,
  file_binned_owner: `file (owner_id, deleted_at, id) where deleted_at is not null`,
  file_binned_place: `file (container_id, deleted_at, id) where deleted_at is not null`,

  upload_session_file: `upload_session (file_id)`,
  user_account_disabled: `user_account (id) where disabled_at is not null`,

  file_numbered: `file (container_id, name_key text_pattern_ops) where deleted_at is null`,
  container_numbered: `container (parent_id, name_key text_pattern_ops)`,
}
