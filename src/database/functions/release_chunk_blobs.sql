-- As release_blob, for the rows of one statement: a composite has as many rows as chunks, in few blobs.
create or replace function release_chunk_blobs() returns trigger
language plpgsql security definer set search_path from current as
$$ begin
  insert into released_blob (blob) select distinct blob from gone where blob <> content and blob <> '';
  return null;
end $$;
