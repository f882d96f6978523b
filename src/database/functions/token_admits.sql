-- May this token do that to this file, now? needed_rank 0: any token that was issued for editing. Volatile, so that it
-- looks at the database as it is when it is asked: behind the wait for a row that is long after the statement began, and
-- a right that was taken away meanwhile is gone.
create or replace function token_admits(token_id text, person text, object text, needed_rank int)
returns boolean language plpgsql volatile as $$
begin
  return exists (
    select from access_token t
    join user_account u on u.id = t.user_id and u.disabled_at is null
    join file f on f.id = t.resource_id and f.deleted_at is null
    join container c on c.id = f.container_id
    where t.jti = token_id and t.user_id = person and t.resource_kind = 'file' and t.resource_id = object
      and t.mode = 'edit' and t.revoked_at is null and t.expires_at > clock_timestamp()
      and (needed_rank = 0 or rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) >= needed_rank));
end $$;
