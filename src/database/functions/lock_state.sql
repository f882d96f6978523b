-- What holds a file: 'wopi', 'exclusive', 'coauth' or 'none'. coauth_until is the latest expiry of the file's coauth locks,
-- kept in the lock row: a statement that waited for the row sees that table as it was before the wait.
create or replace function lock_state(kind text, exact_expiry boolean, expires_at timestamptz, coauth_until timestamptz,
  grace_ms float8, at timestamptz)
returns text language sql stable parallel safe as $$
  select case
    when lock_is_live(kind, exact_expiry, expires_at, grace_ms, at) then kind
    when at < coauth_until then 'coauth'
    else 'none' end
$$;
