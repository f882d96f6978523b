-- Is anybody but this token in the document who may edit it now?
create or replace function others_may_edit(object text, asking text) returns boolean language plpgsql as $$
begin
  return exists (
    select from coauth_session s join coauth_participant p on p.session_id = s.id
    where s.file_id = object and s.ended_at is null and p.left_at is null and p.mode = 'edit' and p.jti <> asking
      and token_is_authorized(p.jti, p.user_id, object, 'edit', 2));
end $$;
