-- The table when a row in it has just expired: a refresh that read the clock before that may be about to commit, and a
-- table seen without it and then with it again would be one that never was.
create or replace function settled_coauth_table(the_file text)
returns table (version text, locks json) language plpgsql as $$
declare
  at timestamptz;
begin
  perform from file_lock l where l.file_id = the_file for share;
  if not found then return; end if;
  at := clock_timestamp();
  return query select coauth_table_version(the_file, at), coauth_rows(the_file, at);
end $$;
