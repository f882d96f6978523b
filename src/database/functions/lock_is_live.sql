-- Does a file's lock row hold the file? An expired lock is an unlocked file, swept up or not. `stillHeld` of lock-rules.ts
-- says the same. `at`: clock_timestamp(), read once the row is held.
create or replace function lock_is_live(kind text, exact_expiry boolean, expires_at timestamptz, grace_ms float8,
  at timestamptz)
returns boolean language sql stable parallel safe as $$
  select kind <> 'none' and at < lock_ends_at(kind, exact_expiry, expires_at, grace_ms)
$$;
