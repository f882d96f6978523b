-- Every subject that subject_covers takes for this person: for finding grants by the index on their subject.
create or replace function subjects_of(person text, person_groups text[])
returns text[] language sql immutable parallel safe as $$
  select array['user:' || person, 'everyone'] || array(select 'group:' || one from unnest(person_groups) one)
$$;
