-- What servers up to release 0.2.0 call for token_is_authorized; for a rolling upgrade and the way back.
create or replace function token_reads(token_id text, person text, object text)
returns boolean language sql volatile as $$
  select token_is_authorized(token_id, person, object, 'view', 1)
$$;
