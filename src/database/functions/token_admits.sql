-- What servers up to release 0.2.0 call for token_is_authorized; for a rolling upgrade and the way back.
create or replace function token_admits(token_id text, person text, object text, needed_rank int)
returns boolean language sql volatile as $$
  select token_is_authorized(token_id, person, object, 'edit', needed_rank)
$$;
