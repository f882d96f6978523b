-- Is this person meant by the subject of a grant? `user:ID`, `group:ID` or `everyone`. subjects_of says it the other way.
create or replace function subject_covers(subject text, person text, person_groups text[])
returns boolean language sql immutable parallel safe as $$
  select subject = 'user:' || person or subject = 'everyone'
    or (subject like 'group:%' and substr(subject, 7) = any (person_groups))
$$;
