-- The order of the roles, which every comparison of rights goes by.
create or replace function role_rank(role text) returns int language sql immutable parallel safe as
$$ select case role when 'owner' then 3 when 'editor' then 2 when 'viewer' then 1 else 0 end $$;
