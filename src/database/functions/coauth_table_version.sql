-- The counter moves when a value changes or a row comes or goes by a call; between two moves rows only expire, and then
-- their number tells.
create or replace function coauth_table_version(the_file text, at timestamptz) returns text language sql stable as $$
select l.coauth_table_version || '.' || (
  select count(*) from coauth_lock c where c.file_id = the_file and coauth_lock_is_live(c.expires_at, at))
from file_lock l where l.file_id = the_file $$;
