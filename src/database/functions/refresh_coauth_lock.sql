-- Locks, asks, reads the clock and looks in the order of get_coauth_lock. the_metadata null: it stays.
create or replace function refresh_coauth_lock(the_file text, the_token text, person text, needed_rank int,
  the_id text, the_metadata text, lifetime_ms float8)
returns setof coauth_answer language plpgsql as $$
declare
  held file_lock;
  mine coauth_lock;
  at timestamptz;
  answer coauth_answer;
begin
  select * into held from file_lock
  where file_id = the_file for no key update;
  if not found or not token_is_authorized(the_token, person, the_file, 'edit', needed_rank) then return; end if;
  at := clock_timestamp();
  select * into mine from coauth_lock c
  where c.file_id = the_file and c.lock_id = the_id and coauth_lock_is_live(c.expires_at, at);
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
end $$;
