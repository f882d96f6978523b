-- The welcome case of PutFile as one statement, which is a transaction of its own: it saves, or it changes nothing and says
-- 'look closer', and then `saving/file-write.ts` decides everything anew. So it may say so wherever more would have to be
-- known, and must never save what would be refused there (test/wopi/save-at-once.test.ts holds the two together).
--
-- Each step closes a race. The file's row and then its lock's row are locked first, in the order of every transaction:
-- nobody else moves the head, takes or drops the lock until this commits. The clock is read when both are held: a lock that
-- died while we waited is dead. Token and right are asked then, by a volatile function: what was taken away while the bytes
-- came, or while we waited, is gone. Then the lock's id is compared with the one that the save presents; a file without a
-- byte needs none (WOPI.md §6.2). A base timestamp must be the head's (docs/clients.md).
create or replace function save_file(the_file text, grace_ms float8, the_token text, its_user text, needed_rank int,
  its_editor text, the_lock text, the_base text, the_family text, the_blob text, the_size bigint, the_sha256 text,
  the_kind text, the_twin text, claimed_editors text[], the_correlation_id text,
  out verdict text, out version bigint, out modified_at text, out editors text[])
language plpgsql as $$
declare
  head record;
  held record;
  moved record;
  lock_kind text;
  kind_before text;
begin
  verdict := 'look closer';
  select f.version, f.size, f.sha256, f.blob, f.modified_at into head
  from file f where f.id = the_file and f.deleted_at is null for no key update;
  if not found then return; end if;
  select l.kind, l.exact_expiry, l.expires_at, l.coauth_until, l.lock_id, l.epoch into held
  from file_lock l where l.file_id = the_file for no key update;
  if not found then return; end if;
  lock_kind := lock_state(held.kind, held.exact_expiry, held.expires_at, held.coauth_until, grace_ms, clock_timestamp());
  if not token_is_authorized(the_token, its_user, the_file, 'edit', needed_rank) then return; end if;

  -- `is not true`: no lock id at all is none that matches.
  if (lock_kind = 'wopi' and held.lock_id = the_lock or lock_kind = 'none' and head.size = 0) is not true then return; end if;
  if the_base is not null then
    if the_base <> iso_time(head.modified_at) then return; end if;
  elsif the_family = 'collabora' then
    -- Its user may have chosen to overwrite, after a 409. Asked by itself: with the family in it, it would be planned anew
    -- at every save.
    if exists (select from access_token t where t.jti = the_token and t.refused_at is not null) then return; end if;
  end if;
  -- It may bring back what was refused at the end of a session.
  if exists (
    select from recovery_item r where r.file_id = the_file and r.exit_save and r.returned_version is null) then return; end if;
  -- What becomes something else is told to its owner, in the turn of the event log.
  if the_kind is not null then
    select coalesce(v.kind, case v.size when 0 then 'empty' end) into kind_before
    from file_version v where v.file_id = the_file and v.version = head.version;
    if kind_before <> 'empty' and kind_before <> the_kind then return; end if;
  end if;

  editors := '{}';
  if cardinality(claimed_editors) > 0 then
    select coalesce(array_agg(distinct t.user_id order by t.user_id), '{}') into editors
    from access_token t where t.resource_id = the_file and t.user_id = any (claimed_editors) and t.mode = 'edit';
  end if;
  -- The head's blob was seen to have the same bytes: it stays.
  verdict := case when head.blob = the_twin then 'repeated' else 'saved' end;
  select * into moved from move_head(the_file, case verdict when 'repeated' then head.blob else the_blob end, the_size,
    the_sha256, its_user, editors, 'save', the_correlation_id, null, case lock_kind when 'wopi' then held.epoch end,
    its_editor, the_kind);
  version := moved.new_version;
  modified_at := iso_time(moved.new_modified_at);
  insert into audit_event (actor, action, object_id, outcome, correlation_id, detail)
  values (its_user, 'save', the_file, 'done', the_correlation_id,
    jsonb_build_object('version', version::text, 'sha256', the_sha256));
end $$;
