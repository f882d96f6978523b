-- Asked with the lock row held, for a live WOPI lock: are all who could use it gone? `isAbandoned` of lock-rules.ts says
-- the same; test/lock/lock-model.test.ts holds the two together.
create or replace function lock_is_abandoned(object text, asking text, asking_editor text)
returns boolean language plpgsql volatile as $$
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
end $$;
