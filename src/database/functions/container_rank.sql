-- rank_of, of a container. Everybody may see that there is a root; what is in it is another question.
create or replace function container_rank(person text, person_groups text[], the_container text, its_parent text,
  its_owner text, around text[])
returns int language sql stable as $$
  select greatest(case when its_parent is null then 1 else 0 end,
    rank_of(person, person_groups, the_container, its_owner, around))
$$;
