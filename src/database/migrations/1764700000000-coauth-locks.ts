import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Coauth locks (WOPI.md §12), and what the Plus headers add to a WOPI lock (§7.3).
 *
 * Their operations are functions because the table has many rows: one statement sees it as it was before the wait for
 * the row lock, while each statement of a volatile function looks anew (docs/adr/0017). So each function first locks
 * the file's one lock row, then reads the clock, then looks. A rule that changes becomes a function of a new name: two
 * versions of the server may be at work.
 */
export class CoauthLocks1764700000000 implements MigrationInterface {
  name = 'CoauthLocks1764700000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of COAUTH_LOCKS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const COAUTH_LOCKS = [
  // coauth_until: the latest expiry of the file's coauth locks, for the operations that see this row only.
  // exact_expiry: the client chose the time, so there is no grace. visible_name: of whoever made the last lock call
  // and wanted to be seen; it takes the place of user_visible, which nobody ever read.
  `alter table file_lock
    add column coauth_until timestamptz,
    add column exact_expiry boolean not null default false,
    add column visible_name text`,
  `alter table file_lock drop column user_visible`,

  // token_id: of whoever is in the document with this lock. Half-filled pages keep refreshes heap-only.
  `create table coauth_lock (
    file_id text not null references file_lock on delete cascade,
    lock_id text not null,
    type text not null check (type in ('Coauth', 'CoauthExclusive')),
    metadata text not null,
    name text not null,
    user_id text not null,
    token_id text not null,
    acquired_at timestamptz not null,
    refreshed_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (file_id, lock_id)
  ) with (fillfactor = 50)`,

  `create type coauth_answer as (outcome text, version bigint, table_version text, locks json, visible_name text,
    user_id text, token_id text)`,

  // The table as it is shown, by the snapshot of whoever asks.
  `create function coauth_rows(the_file text, at timestamptz) returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('lockId', lock_id, 'type', type, 'metadata', metadata, 'name', name,
      'acquiredAt', floor(extract(epoch from acquired_at) * 1000)) order by lock_id), '[]')
    from coauth_lock where file_id = the_file and expires_at > at $$`,

  // The counter moves when a value changes or a row comes or goes by a call; between two moves rows only expire, and
  // then their number tells.
  `create function coauth_table_version(the_file text, at timestamptz) returns text language sql stable as $$
    select l.coauth_table_version || '.' || (
      select count(*) from coauth_lock c where c.file_id = the_file and c.expires_at > at)
    from file_lock l where l.file_id = the_file $$`,

  `create function coauth_granted(the_file text, the_id text, at timestamptz, moves int) returns coauth_answer
    language plpgsql as $$
    declare
      answer coauth_answer;
    begin
      select c.user_id, c.token_id into answer.user_id, answer.token_id
      from coauth_lock c where c.file_id = the_file and c.lock_id = the_id;
      update file_lock set coauth_table_version = coauth_table_version + moves,
        coauth_until = (select max(expires_at) from coauth_lock where file_id = the_file)
      where file_id = the_file
      returning version into answer.version;
      answer.outcome := 'granted';
      answer.table_version := coauth_table_version(the_file, at);
      answer.locks := coauth_rows(the_file, at);
      return answer;
    end $$`,

  // No row: no such file, or the caller is not admitted. user_id and token_id say whose lock it is: not necessarily
  // the caller's.
  `create function get_coauth_lock(the_file text, grace_ms float8, the_token text, person text, needed_rank int,
      the_id text, the_type text, the_metadata text, lifetime_ms float8)
    returns setof coauth_answer language plpgsql as $$
    declare
      held file_lock;
      mine coauth_lock;
      at timestamptz;
      answer coauth_answer;
      moves int := 0;
    begin
      select * into held from file_lock
      where file_id = the_file and token_admits(the_token, person, the_file, needed_rank) for no key update;
      if not found then return; end if;
      at := clock_timestamp();
      answer.version := held.version;
      if held.kind <> 'none' and at < held.expires_at + (case when held.kind = 'wopi' and not held.exact_expiry
          then grace_ms * interval '1 ms' else interval '0' end) then
        answer.outcome := held.kind;
        answer.visible_name := case held.kind when 'wopi' then held.visible_name end;
        return next answer;
        return;
      end if;
      if the_type = 'CoauthExclusive' and exists (
          select from coauth_lock c where c.file_id = the_file and c.lock_id <> the_id
            and c.type = 'CoauthExclusive' and c.expires_at > at) then
        answer.outcome := 'coauth-exclusive';
        return next answer;
        return;
      end if;
      delete from coauth_lock c where c.file_id = the_file and c.lock_id = the_id and c.expires_at <= at;
      select * into mine from coauth_lock c where c.file_id = the_file and c.lock_id = the_id;
      if not found then
        -- Every call of everybody answers with all of them.
        if (select count(*) from coauth_lock c where c.file_id = the_file) >= 500 then
          answer.outcome := 'coauth-full';
          return next answer;
          return;
        end if;
        insert into coauth_lock
        select the_file, the_id, the_type, the_metadata, coalesce(nullif(u.display_name, ''), u.id), person, the_token,
          at, at, at + lifetime_ms * interval '1 ms'
        from user_account u where u.id = person;
        moves := 1;
      else
        update coauth_lock c set type = the_type, metadata = the_metadata, refreshed_at = at,
          expires_at = at + lifetime_ms * interval '1 ms',
          token_id = case c.user_id when person then the_token else c.token_id end
        where c.file_id = the_file and c.lock_id = the_id;
        if mine.type <> the_type or mine.metadata <> the_metadata then moves := 1; end if;
      end if;
      return next coauth_granted(the_file, the_id, at, moves);
    end $$`,

  // the_metadata null: it stays.
  `create function refresh_coauth_lock(the_file text, the_token text, person text, needed_rank int,
      the_id text, the_metadata text, lifetime_ms float8)
    returns setof coauth_answer language plpgsql as $$
    declare
      held file_lock;
      mine coauth_lock;
      at timestamptz;
      answer coauth_answer;
    begin
      select * into held from file_lock
      where file_id = the_file and token_admits(the_token, person, the_file, needed_rank) for no key update;
      if not found then return; end if;
      at := clock_timestamp();
      select * into mine from coauth_lock c
      where c.file_id = the_file and c.lock_id = the_id and c.expires_at > at;
      if not found then
        answer.outcome := 'no-lock';
        answer.version := held.version;
        return next answer;
        return;
      end if;
      update coauth_lock c set metadata = coalesce(the_metadata, c.metadata), refreshed_at = at,
        expires_at = at + lifetime_ms * interval '1 ms',
        token_id = case c.user_id when person then the_token else c.token_id end
      where c.file_id = the_file and c.lock_id = the_id;
      return next coauth_granted(the_file, the_id, at, case when the_metadata <> mine.metadata then 1 else 0 end);
    end $$`,

  `create function unlock_coauth_lock(the_file text, the_token text, person text, needed_rank int, the_id text)
    returns setof coauth_answer language plpgsql as $$
    declare
      held file_lock;
      mine coauth_lock;
      at timestamptz;
      answer coauth_answer;
    begin
      select * into held from file_lock
      where file_id = the_file and token_admits(the_token, person, the_file, needed_rank) for no key update;
      if not found then return; end if;
      at := clock_timestamp();
      delete from coauth_lock c where c.file_id = the_file and c.lock_id = the_id and c.expires_at > at
      returning * into mine;
      if not found then
        answer.outcome := 'no-lock';
        answer.version := held.version;
      else
        answer := coauth_granted(the_file, the_id, at, 1);
        answer.user_id := mine.user_id;
        answer.token_id := mine.token_id;
      end if;
      return next answer;
    end $$`,

  // The table when a row in it has just expired: a refresh that read the clock before that may be about to commit, and
  // a table seen without it and then with it again would be one that never was.
  `create function settled_coauth_table(the_file text)
    returns table (version text, locks json) language plpgsql as $$
    declare
      at timestamptz;
    begin
      perform from file_lock l where l.file_id = the_file for share;
      if not found then return; end if;
      at := clock_timestamp();
      return query select coauth_table_version(the_file, at), coauth_rows(the_file, at);
    end $$`,

  // Clears expired rows, each under its file's row: else a refresh that is under way would find its row gone. Files
  // that somebody is using right now are skipped.
  `create function sweep_coauth_locks() returns setof coauth_lock language plpgsql as $$
    declare
      candidate text;
    begin
      for candidate in select distinct c.file_id from coauth_lock c where c.expires_at <= clock_timestamp() loop
        perform from file_lock l where l.file_id = candidate for no key update skip locked;
        continue when not found;
        return query delete from coauth_lock c
          where c.file_id = candidate and c.expires_at <= clock_timestamp() returning c.*;
      end loop;
    end $$`,

  // As token_admits, for those who may only look.
  `create function token_reads(token_id text, person text, object text)
    returns boolean language plpgsql stable as $$
    begin
      return exists (
        select from access_token t
        join user_account u on u.id = t.user_id and u.disabled_at is null
        join file f on f.id = t.resource_id and f.deleted_at is null
        join container c on c.id = f.container_id
        where t.jti = token_id and t.user_id = person and t.resource_kind = 'file' and t.resource_id = object
          and t.revoked_at is null and t.expires_at > clock_timestamp()
          and rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) >= 1);
    end $$`,

  // Whose the participant's coauth lock is tells when they are gone (src/coauth-status).
  `alter table coauth_participant add column coauth_until timestamptz`,
]
