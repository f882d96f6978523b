-- The coauth table as it is shown, by the snapshot of whoever asks.
create or replace function coauth_rows(the_file text, at timestamptz) returns json language sql stable as $$
select coalesce(json_agg(json_build_object('lockId', lock_id, 'type', type, 'metadata', metadata, 'name', name,
  'acquiredAt', floor(extract(epoch from acquired_at) * 1000)) order by lock_id), '[]')
from coauth_lock where file_id = the_file and expires_at > at $$;
