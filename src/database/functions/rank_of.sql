-- The one home of "which role has this person here, now?": ownership of the object or of a container around it, or the
-- strongest role that a grant or a link gives there or above. Who may edit already gains nothing by a link. The length of
-- the array makes PostgreSQL plan each call anew unless it is told not to, at four times the cost of the call.
create or replace function rank_of(person text, person_groups text[], object text, object_owner text, around text[])
returns int language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  own int := own_rank(person, person_groups, object, object_owner, around);
begin
  if own >= 2 then return own; end if;
  return greatest(own, (
    select max(role_rank(l.role)) from share_link_holder h join open_share_link l on l.id = h.link_id
    where h.user_id = person and h.object_id = any (around || object)));
end $$;
