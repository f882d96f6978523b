-- Moves a file's head to new bytes, and makes them a version. The caller holds the file's row in this transaction: that is
-- what makes a stale writer unable to move it. Versions only grow, even if the clock was set back, and modified_at with
-- them: but for the bytes that the head has already, which are a version, but no change (CLIENTS.md pain 36, R-18).
-- The lock row repeats the version, so that lock answers can name it. Alternate streams and properties belong to the
-- content, and go with it, unless PutChunkedFile moves it (WOPI.md §13.1). former_kind: of the version before, where that
-- was of another kind; what has no bytes needs no look at them.
create or replace function move_head(the_file text, the_blob text, the_size bigint, the_sha256 text, the_author text,
  its_editors text[], the_cause text, the_correlation_id text, the_flag text, the_lock_epoch bigint, the_editor text,
  the_kind text, out new_version bigint, out new_sequence_number int, out new_modified_at timestamptz, out new_kind text,
  out other_kind text)
language plpgsql as $$
declare
  was file;
  kind_before text;
  is_repeated boolean;
  told_at timestamptz := clock_timestamp();
begin
  select * into strict was from file f where f.id = the_file;
  is_repeated := was.size = the_size and was.sha256 = the_sha256;
  select coalesce(v.kind, case v.size when 0 then 'empty' end) into kind_before
  from file_version v where v.file_id = the_file and v.version = was.version;
  new_version := was.version + 1;
  new_sequence_number := was.sequence_number + 1;
  new_kind := coalesce(the_kind, case when is_repeated then kind_before end);
  if kind_before <> 'empty' and kind_before <> new_kind then other_kind := kind_before; end if;
  if is_repeated then
    new_modified_at := was.modified_at;
    told_at := greatest(told_at, new_modified_at);
    update file f set version = new_version, sequence_number = new_sequence_number, blob = the_blob where f.id = the_file;
  else
    new_modified_at := greatest(told_at, was.modified_at + interval '1 microsecond');
    told_at := new_modified_at;
    update file f set version = new_version, sequence_number = new_sequence_number, blob = the_blob, size = the_size,
      sha256 = the_sha256, modified_at = new_modified_at, modified_by = the_author
    where f.id = the_file;
  end if;
  insert into file_version (file_id, version, blob, size, sha256, author, editors, cause, correlation_id, flag, at,
    modified_at, lock_epoch, editor, kind, former_kind)
  values (the_file, new_version, the_blob, the_size, the_sha256, the_author, its_editors, the_cause, the_correlation_id,
    the_flag, told_at, new_modified_at, the_lock_epoch, the_editor, new_kind, other_kind);
  update file_lock l set version = new_version, used_at = clock_timestamp() where l.file_id = the_file;
  if the_cause <> 'chunked' and not is_repeated then
    delete from stream s where s.file_id = the_file;
    delete from content_property p where p.file_id = the_file and p.retention = 'DeleteOnContentChange';
  end if;
end $$;
