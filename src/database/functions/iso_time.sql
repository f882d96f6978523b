-- The one spelling of a time that clients compare as text: ISO 8601, UTC, with microseconds. Collabora's timestamps and the
-- base of a save are found again by it.
create or replace function iso_time(at timestamptz)
returns text language sql stable parallel safe as $$
  select to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
