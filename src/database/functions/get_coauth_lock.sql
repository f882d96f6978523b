-- A function, like its siblings, because the table has many rows: one statement sees it as it was before the wait for the
-- row lock, while each statement of a volatile function looks anew (docs/adr/0017). So each first locks the file's one lock
-- row, then asks for the right, then reads the clock, then looks. No row: no such file, or the caller is not let in.
create or replace function get_coauth_lock(the_file text, grace_ms float8, the_token text, person text, needed_rank int,
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
  where file_id = the_file for no key update;
  if not found or not token_is_authorized(the_token, person, the_file, 'edit', needed_rank) then return; end if;
  at := clock_timestamp();
  answer.version := held.version;
  if lock_is_live(held.kind, held.exact_expiry, held.expires_at, grace_ms, at) then
    answer.outcome := held.kind;
    answer.visible_name := case held.kind when 'wopi' then held.visible_name end;
    return next answer;
    return;
  end if;
  if the_type = 'CoauthExclusive' and exists (
      select from coauth_lock c where c.file_id = the_file and c.lock_id <> the_id
        and c.type = 'CoauthExclusive' and coauth_lock_is_live(c.expires_at, at)) then
    answer.outcome := 'coauth-exclusive';
    return next answer;
    return;
  end if;
  delete from coauth_lock c where c.file_id = the_file and c.lock_id = the_id
    and not coauth_lock_is_live(c.expires_at, at);
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
end $$;
