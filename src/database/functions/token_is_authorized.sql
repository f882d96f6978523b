-- May whoever holds this token do that to this file, now? needed_mode 'edit': only a token that was issued for editing;
-- 'view': any. needed_rank: the least rank of a role that will do (role_rank); 0: any.
--
-- Volatile, so that it looks at the database as it is when it is asked: behind the wait for a row that is long after the
-- statement began, and a right that was taken away meanwhile is gone. plpgsql keeps its plan.
create or replace function token_is_authorized(the_token text, its_user text, the_file text, needed_mode text, needed_rank int)
returns boolean language plpgsql volatile as $$
begin
  return exists (
    select from access_token t
    join user_account u on u.id = t.user_id
    join file f on f.id = t.resource_id and f.deleted_at is null
    join container c on c.id = f.container_id
    where t.jti = the_token and t.user_id = its_user and t.resource_kind = 'file' and t.resource_id = the_file
      and (t.mode = 'edit' or needed_mode = 'view')
      and token_state(t.revoked_at, t.expires_at, u.disabled_at, clock_timestamp()) = 'live'
      and (needed_rank = 0 or rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) >= needed_rank));
end $$;
