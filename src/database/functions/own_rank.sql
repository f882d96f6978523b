-- The right that somebody has without any link, by ownership and grants. Links give no ownership, so that who may still
-- give a link's right away (the view open_share_link) is asked here, without asking for links again.
-- plpgsql keeps its plans.
create or replace function own_rank(person text, person_groups text[], object text, object_owner text, around text[])
returns int language plpgsql stable as $$
begin
  if object_owner = person then return 3; end if;
  if exists (select from container c where c.id = any (around) and c.owner_id = person) then return 3; end if;
  return coalesce((
    select max(role_rank(g.role)) from access_grant g
    where g.object_id = any (around || object) and subject_covers(g.subject, person, person_groups)), 0);
end $$;
