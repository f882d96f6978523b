-- Whoever deletes a reference to a blob need not know that the blob goes with it. The owner's rights: the server's role
-- may take away what it likes of released_blob, and between a migration and its grants the server before goes on deleting.
create or replace function release_blob() returns trigger
language plpgsql security definer set search_path from current as
$$ begin
  insert into released_blob (blob)
  select gone.blob from (select to_jsonb(old) ->> tg_argv[0] as blob) gone where gone.blob <> '';
  return null;
end $$;
