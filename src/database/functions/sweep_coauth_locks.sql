-- Clears expired rows, each under its file's row: else a refresh that is under way would find its row gone. Files that
-- somebody is using right now are skipped.
create or replace function sweep_coauth_locks() returns setof coauth_lock language plpgsql as $$
declare
  candidate text;
begin
  for candidate in select distinct c.file_id from coauth_lock c
    where not coauth_lock_is_live(c.expires_at, clock_timestamp()) loop
    perform from file_lock l where l.file_id = candidate for no key update skip locked;
    continue when not found;
    return query delete from coauth_lock c
      where c.file_id = candidate and not coauth_lock_is_live(c.expires_at, clock_timestamp()) returning c.*;
  end loop;
end $$;
