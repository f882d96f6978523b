-- In the order of get_coauth_lock. With a token that has only just ended, too, if it knows the lock's id, as Unlock
-- (src/lock/late-lock.statements.ts).
create or replace function unlock_coauth_lock(the_file text, the_token text, person text, needed_rank int, the_id text)
returns setof coauth_answer language plpgsql as $$
declare
  held file_lock;
  mine coauth_lock;
  at timestamptz;
  answer coauth_answer;
  admitted boolean;
begin
  select * into held from file_lock
  where file_id = the_file for no key update;
  if not found then return; end if;
  admitted := token_is_authorized(the_token, person, the_file, 'edit', needed_rank);
  if not admitted and not token_served(the_token, person, the_file) then return; end if;
  at := clock_timestamp();
  delete from coauth_lock c where c.file_id = the_file and c.lock_id = the_id
    and coauth_lock_is_live(c.expires_at, at)
  returning * into mine;
  if not found and not admitted then return; end if;
  if not found then
    answer.outcome := 'no-lock';
    answer.version := held.version;
  else
    answer := coauth_granted(the_file, the_id, at, 1);
    answer.user_id := mine.user_id;
    answer.token_id := mine.token_id;
  end if;
  return next answer;
end $$;
