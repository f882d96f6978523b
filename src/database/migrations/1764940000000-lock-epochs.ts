import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What locks need to know so that sessions do not die under people who edit (docs/adr/0021): under which holding of the
 * lock a save was made and by which editor's token, who took the lock, when its id was last presented, and whether a
 * token's right has only just ended.
 */
export class LockEpochs1764940000000 implements MigrationInterface {
  name = 'LockEpochs1764940000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of LOCK_EPOCHS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const LOCK_EPOCHS = [
  // Null: saved without a lock, by a token that was issued for no editor, or before this migration.
  // keep: somebody chose to overwrite this version without a lock; it is always listed and never deleted.
  `alter table file_version
    add column lock_epoch bigint,
    add column editor text,
    add column keep boolean not null default false`,

  // token_id and editor are of whoever took the lock, if editor_epoch is the epoch: the old server raises that alone.
  // used_at: when anybody last called with the lock's id.
  `alter table file_lock
    add column token_id text,
    add column editor text,
    add column editor_epoch bigint,
    add column used_at timestamptz`,

  // The last 409 to a PutFile with this token, and the head that it was given for.
  `alter table access_token
    add column refused_at timestamptz,
    add column refused_version bigint`,

  // When a page last told something of this one.
  `alter table coauth_participant add column reported_at timestamptz`,

  // Volatile, so that it looks at the database as it is when it is asked: behind the wait for a row that is long after
  // the statement began, and a right that was taken away meanwhile is gone.
  `alter function token_admits(text, text, text, int) volatile`,

  // An edit token of this file whose life, or whose user's, ended less than a day ago, or has not ended: what it began
  // may be brought to an end with it, as the bytes of a late PutFile are kept. No right is asked.
  `create function token_served(token_id text, person text, object text) returns boolean language plpgsql as $$
    begin
      return exists (
        select from access_token t join user_account u on u.id = t.user_id
        join file f on f.id = t.resource_id and f.deleted_at is null
        where t.jti = token_id and t.user_id = person and t.resource_kind = 'file' and t.resource_id = object
          and t.mode = 'edit'
          and least(t.revoked_at, t.expires_at, u.disabled_at) > clock_timestamp() - interval '24 hours');
    end $$`,

  // Is anybody but this token in the document who may edit it now?
  `create function others_may_edit(object text, asking text) returns boolean language plpgsql as $$
    begin
      return exists (
        select from coauth_session s join coauth_participant p on p.session_id = s.id
        where s.file_id = object and s.ended_at is null and p.left_at is null and p.mode = 'edit' and p.jti <> asking
          and token_admits(p.jti, p.user_id, object, 2));
    end $$`,

  // Asked with the lock row held, for a live WOPI lock: are all who could use it gone? (lock-rules.ts, isAbandoned)
  `create function lock_is_abandoned(object text, asking text, asking_editor text) returns boolean language plpgsql as $$
    declare
      held file_lock;
      session text;
      at timestamptz := clock_timestamp();
    begin
      select * into held from file_lock l where l.file_id = object;
      if asking_editor is null or held.editor is distinct from asking_editor or held.editor_epoch is distinct from held.epoch
        or greatest(held.used_at, held.refreshed_at, held.taken_at) > at - interval '2 minutes' then
        return false;
      end if;
      select s.id into session from coauth_session s where s.file_id = object and s.ended_at is null;
      return exists (select from coauth_participant p where p.session_id = session and p.jti = held.token_id)
        and not exists (
          select from coauth_participant p
          where p.session_id = session and p.jti <> asking
            and (p.reported_at is null or p.left_reason is distinct from 'page-closed'
              and p.last_seen_at > at - interval '5 minutes'));
    end $$`,
]
