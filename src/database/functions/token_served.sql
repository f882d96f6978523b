-- An edit token of this file whose life, or whose user's, ended less than a day ago, or has not ended: what it began may
-- be brought to an end with it, as the bytes of a late PutFile are kept. No right is asked.
create or replace function token_served(token_id text, person text, object text) returns boolean language plpgsql as $$
begin
  return exists (
    select from access_token t join user_account u on u.id = t.user_id
    join file f on f.id = t.resource_id and f.deleted_at is null
    where t.jti = token_id and t.user_id = person and t.resource_kind = 'file' and t.resource_id = object
      and t.mode = 'edit'
      and least(t.revoked_at, t.expires_at, u.disabled_at) > clock_timestamp() - interval '24 hours');
end $$;
