-- A coauth lock has no grace: its time is exact, and what has expired is not there, swept up or not.
create or replace function coauth_lock_is_live(expires_at timestamptz, at timestamptz)
returns boolean language sql immutable parallel safe as $$
  select at < expires_at
$$;
