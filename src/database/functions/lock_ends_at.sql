-- When a lock no longer holds its file. In the grace after its expiry a WOPI lock still counts: its editors may be behind
-- a network cut with unsaved work. A client that chose the time itself has no grace, and neither has an exclusive lock.
create or replace function lock_ends_at(kind text, exact_expiry boolean, expires_at timestamptz, grace_ms float8)
returns timestamptz language sql stable parallel safe as $$
  select expires_at + case when kind = 'wopi' and not exact_expiry then grace_ms * interval '1 ms' else interval '0' end
$$;
