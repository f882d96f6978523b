-- The end of a call that was granted: the lock row follows the coauth table, and the answer shows both. user_id and
-- token_id say whose lock it is: not necessarily the caller's.
create or replace function coauth_granted(the_file text, the_id text, at timestamptz, moves int) returns coauth_answer
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
end $$;
