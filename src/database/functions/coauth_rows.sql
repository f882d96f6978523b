-- The coauth table as it is shown, by the snapshot of whoever asks.
create or replace function coauth_rows(the_file text, at timestamptz) returns json language sql stable as $$
select coalesce(json_agg(json_build_object('lockId', lock_id, 'type', type, 'metadata', metadata, 'name', name,
  'acquiredAt', floor(epoch_ms(acquired_at))) order by lock_id), '[]')
from coauth_lock where file_id = the_file and coauth_lock_is_live(expires_at, at) $$;
