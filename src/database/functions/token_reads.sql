-- As token_admits, for those who may only look.
create or replace function token_reads(token_id text, person text, object text)
returns boolean language plpgsql stable as $$
begin
  return exists (
    select from access_token t
    join user_account u on u.id = t.user_id and u.disabled_at is null
    join file f on f.id = t.resource_id and f.deleted_at is null
    join container c on c.id = f.container_id
    where t.jti = token_id and t.user_id = person and t.resource_kind = 'file' and t.resource_id = object
      and t.revoked_at is null and t.expires_at > clock_timestamp()
      and rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) >= 1);
end $$;
