-- What was audited stays as it was, whoever asks: the server's role may not change it (app-role.ts), and its owner meets
-- this trigger.
create or replace function refuse_change() returns trigger language plpgsql as
$$ begin raise exception 'audit_event is append-only' using errcode = 'insufficient_privilege'; end $$;
