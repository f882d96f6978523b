-- What the migrations and the functions make together; nothing is made of it. `npm run schema` writes it anew, and
-- test/reliability/schema.test.ts fails when it is not so.

create type coauth_answer as (
  outcome text,
  version bigint,
  table_version text,
  locks json,
  visible_name text,
  user_id text,
  token_id text
);

create table access_grant (
  object_id text not null,
  subject text not null,
  object_kind text not null,
  role text not null,
  granted_by text not null,
  granted_at timestamp with time zone not null default clock_timestamp(),
  constraint access_grant_pkey PRIMARY KEY (object_id, subject),
  constraint access_grant_object_kind_check CHECK ((object_kind = ANY (ARRAY['file'::text, 'container'::text]))),
  constraint access_grant_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text, 'owner'::text])))
);
CREATE INDEX access_grant_of ON access_grant USING btree (subject, object_kind, object_id);
CREATE INDEX access_grant_subject ON access_grant USING btree (subject);

create table access_token (
  jti text not null,
  user_id text not null,
  resource_kind text not null,
  resource_id text not null,
  mode text not null,
  issued_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  web_session text,
  refused_at timestamp with time zone,
  refused_version bigint,
  constraint access_token_pkey PRIMARY KEY (jti),
  constraint access_token_mode_check CHECK ((mode = ANY (ARRAY['view'::text, 'edit'::text]))),
  constraint access_token_resource_kind_check CHECK ((resource_kind = ANY (ARRAY['file'::text, 'container'::text, 'ecosystem'::text]))),
  constraint access_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id)
);
CREATE INDEX access_token_expiry ON access_token USING btree (expires_at);
CREATE INDEX access_token_issued ON access_token USING btree (issued_at, jti);
CREATE INDEX access_token_of_user ON access_token USING btree (user_id, issued_at, jti);
CREATE INDEX access_token_resource ON access_token USING btree (resource_id);
CREATE INDEX access_token_revoked ON access_token USING btree (issued_at, jti) WHERE (revoked_at IS NOT NULL);
CREATE INDEX access_token_user ON access_token USING btree (user_id);
CREATE INDEX access_token_web_session ON access_token USING btree (web_session) WHERE (web_session IS NOT NULL);

create table audit_event (
  id bigint not null generated always as identity,
  at timestamp with time zone not null default clock_timestamp(),
  actor text not null,
  action text not null,
  object_id text not null,
  outcome text not null,
  correlation_id text,
  detail jsonb not null default '{}'::jsonb,
  constraint audit_event_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_event_action ON audit_event USING btree (action, at, id) WHERE (action <> 'save'::text);
CREATE INDEX audit_event_actor ON audit_event USING btree (actor, at, id);
CREATE INDEX audit_event_at ON audit_event USING btree (at, id);
CREATE INDEX audit_event_correlation ON audit_event USING brin (correlation_id text_bloom_ops);
CREATE INDEX audit_event_grants ON audit_event USING btree (object_id, at) WHERE (action = ANY (ARRAY['grant'::text, 'grant-removed'::text]));
CREATE INDEX audit_event_object ON audit_event USING btree (object_id, id);
CREATE INDEX audit_event_refused ON audit_event USING btree (outcome, at, id) WHERE (outcome <> 'done'::text);

create table audited_once (
  key text not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint audited_once_pkey PRIMARY KEY (key)
);
CREATE INDEX audited_once_at ON audited_once USING btree (at);

create table chunked_content (
  id text not null,
  scheme text not null,
  size bigint not null,
  made_at timestamp with time zone not null default clock_timestamp(),
  constraint chunked_content_pkey PRIMARY KEY (id),
  constraint chunked_content_scheme_check CHECK ((scheme = ANY (ARRAY['FullFile'::text, 'Zip'::text]))),
  constraint chunked_content_size_check CHECK ((size >= 0))
);

create table coauth_lock (
  file_id text not null,
  lock_id text not null,
  type text not null,
  metadata text not null,
  name text not null,
  user_id text not null,
  token_id text not null,
  acquired_at timestamp with time zone not null,
  refreshed_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint coauth_lock_pkey PRIMARY KEY (file_id, lock_id),
  constraint coauth_lock_file_id_fkey FOREIGN KEY (file_id) REFERENCES file_lock(file_id) ON DELETE CASCADE,
  constraint coauth_lock_type_check CHECK ((type = ANY (ARRAY['Coauth'::text, 'CoauthExclusive'::text])))
) with (fillfactor=50);
CREATE INDEX coauth_lock_user ON coauth_lock USING btree (user_id, file_id);

create table coauth_participant (
  session_id text not null,
  jti text not null,
  user_id text not null,
  mode text not null,
  family text not null,
  reports text,
  joined_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  checked_at timestamp with time zone,
  edited_at timestamp with time zone,
  conflicted_at timestamp with time zone,
  refused_at timestamp with time zone,
  left_at timestamp with time zone,
  left_reason text,
  coauth_until timestamp with time zone,
  reported_at timestamp with time zone,
  constraint coauth_participant_pkey PRIMARY KEY (session_id, jti),
  constraint coauth_participant_family_check CHECK ((family = ANY (ARRAY['microsoft'::text, 'collabora'::text, 'onlyoffice'::text]))),
  constraint coauth_participant_mode_check CHECK ((mode = ANY (ARRAY['view'::text, 'edit'::text]))),
  constraint coauth_participant_reports_check CHECK ((reports = ANY (ARRAY['edits'::text, 'modified'::text]))),
  constraint coauth_participant_session_id_fkey FOREIGN KEY (session_id) REFERENCES coauth_session(id) ON DELETE CASCADE
);
CREATE INDEX coauth_participant_user ON coauth_participant USING btree (user_id, session_id);

create table coauth_session (
  id text not null,
  file_id text not null,
  application text not null,
  started_at timestamp with time zone not null,
  last_activity_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  end_reason text,
  lock_held boolean not null default false,
  learnt_rule text,
  believed_jti text,
  unsaved_since timestamp with time zone,
  saved_at timestamp with time zone,
  saved_version bigint,
  saved_user text,
  saved_jti text,
  saved_editors text[] not null default '{}'::text[],
  failing_since timestamp with time zone,
  failing_reason text,
  failing_user text,
  failing_jti text,
  warned text[] not null default '{}'::text[],
  unsaved_unclear boolean not null default false,
  constraint coauth_session_pkey PRIMARY KEY (id),
  constraint coauth_session_application_check CHECK ((application = ANY (ARRAY['word'::text, 'excel'::text, 'powerpoint'::text, 'other'::text]))),
  constraint coauth_session_check CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
  constraint coauth_session_end_reason_check CHECK ((end_reason = ANY (ARRAY['closed'::text, 'silent'::text, 'lock-expired'::text, 'ended-by-admin'::text, 'file-deleted'::text]))),
  constraint coauth_session_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id),
  constraint coauth_session_learnt_rule_check CHECK ((learnt_rule = ANY (ARRAY['last-joined'::text, 'first-joined'::text])))
);
CREATE INDEX coauth_session_application ON coauth_session USING btree (application, started_at, id);
CREATE INDEX coauth_session_failing ON coauth_session USING btree (id) WHERE ((ended_at IS NULL) AND (failing_since IS NOT NULL));
CREATE INDEX coauth_session_file ON coauth_session USING btree (file_id, started_at);
CREATE INDEX coauth_session_named ON coauth_session USING btree (ended_at) WHERE ((saved_user IS NOT NULL) OR (failing_user IS NOT NULL));
CREATE UNIQUE INDEX coauth_session_open ON coauth_session USING btree (file_id) WHERE (ended_at IS NULL);
CREATE INDEX coauth_session_open_started ON coauth_session USING btree (started_at, id) WHERE (ended_at IS NULL);
CREATE INDEX coauth_session_started ON coauth_session USING btree (started_at, id);

create table container (
  id text not null,
  parent_id text,
  name text not null,
  name_key text not null,
  owner_id text,
  ancestors text[] not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint container_pkey PRIMARY KEY (id),
  constraint container_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES container(id)
);
CREATE INDEX container_ancestors ON container USING gin (ancestors);
CREATE UNIQUE INDEX container_name ON container USING btree (parent_id, name_key);
CREATE INDEX container_numbered ON container USING btree (parent_id, name_key text_pattern_ops);
CREATE INDEX container_owner ON container USING btree (owner_id);

create table content_property (
  file_id text not null,
  name text not null,
  value text not null,
  retention text not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint content_property_pkey PRIMARY KEY (file_id, name),
  constraint content_property_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id),
  constraint content_property_retention_check CHECK ((retention = ANY (ARRAY['DeleteOnContentChange'::text, 'KeepOnContentChange'::text])))
);

create table file (
  id text not null,
  container_id text not null,
  name text not null,
  name_key text not null,
  owner_id text not null,
  version bigint not null,
  sequence_number integer not null,
  size bigint not null,
  sha256 text not null,
  blob text not null,
  modified_at timestamp with time zone not null,
  modified_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  deleted_at timestamp with time zone,
  deleted_by text,
  deleted_from text,
  kept_from timestamp with time zone,
  last_lock_epoch bigint,
  last_coauth_table_version bigint,
  constraint file_pkey PRIMARY KEY (id),
  constraint file_container_id_fkey FOREIGN KEY (container_id) REFERENCES container(id),
  constraint file_sequence_number_check CHECK ((sequence_number > 0))
);
CREATE INDEX file_binned_owner ON file USING btree (owner_id, deleted_at, id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX file_binned_place ON file USING btree (container_id, deleted_at, id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX file_in_bin ON file USING btree (deleted_at, id) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX file_name ON file USING btree (container_id, name_key) WHERE (deleted_at IS NULL);
CREATE INDEX file_numbered ON file USING btree (container_id, name_key text_pattern_ops) WHERE (deleted_at IS NULL);
CREATE INDEX file_owned ON file USING btree (owner_id, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX file_owner ON file USING btree (owner_id);
CREATE INDEX file_placed ON file USING btree (container_id, created_at, id) WHERE (deleted_at IS NULL);

create table file_lock (
  file_id text not null,
  kind text not null default 'none'::text,
  lock_id text not null default ''::text,
  holder text,
  reason text,
  taken_at timestamp with time zone,
  refreshed_at timestamp with time zone,
  expires_at timestamp with time zone,
  epoch bigint not null default 0,
  coauth_table_version bigint not null default 0,
  version bigint not null,
  coauth_until timestamp with time zone,
  exact_expiry boolean not null default false,
  visible_name text,
  token_id text,
  editor text,
  editor_epoch bigint,
  used_at timestamp with time zone,
  constraint file_lock_pkey PRIMARY KEY (file_id),
  constraint file_lock_check CHECK (((kind = 'none'::text) = (expires_at IS NULL))),
  constraint file_lock_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id),
  constraint file_lock_kind_check CHECK ((kind = ANY (ARRAY['none'::text, 'wopi'::text, 'exclusive'::text])))
) with (fillfactor=50);
CREATE INDEX file_lock_exclusive ON file_lock USING btree (file_id) WHERE (kind = 'exclusive'::text);
CREATE INDEX file_lock_held ON file_lock USING btree (file_id) WHERE (kind <> 'none'::text);
CREATE INDEX file_lock_holder ON file_lock USING btree (holder, file_id) WHERE (kind <> 'none'::text);

create table file_version (
  file_id text not null,
  version bigint not null,
  blob text not null,
  size bigint not null,
  sha256 text not null,
  author text not null,
  editors text[] not null default '{}'::text[],
  cause text not null,
  session text,
  correlation_id text,
  at timestamp with time zone not null,
  flag text,
  modified_at timestamp with time zone,
  kind text,
  former_kind text,
  lock_epoch bigint,
  editor text,
  keep boolean not null default false,
  constraint file_version_pkey PRIMARY KEY (file_id, version),
  constraint file_version_cause_check CHECK ((cause = ANY (ARRAY['save'::text, 'upload'::text, 'restore'::text, 'merge'::text, 'chunked'::text]))),
  constraint file_version_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id)
);
CREATE INDEX file_version_at ON file_version USING brin (at) WITH (pages_per_range='32');
CREATE INDEX file_version_blob ON file_version USING btree (blob);

create table installation (
  one_row boolean not null default true,
  id text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  looked_at timestamp with time zone not null default clock_timestamp(),
  held_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  blobs bigint,
  unknown_blobs bigint,
  constraint installation_pkey PRIMARY KEY (one_row),
  constraint installation_one_row_check CHECK (one_row)
);

create table migration (
  id integer not null default nextval('migration_id_seq'::regclass),
  timestamp bigint not null,
  name character varying not null,
  constraint PK_3043fc6b8af7c99b8b98830094f PRIMARY KEY (id)
);

create table quarantined_blob (
  blob text not null,
  since timestamp with time zone not null default clock_timestamp(),
  confirmed_by text,
  constraint quarantined_blob_pkey PRIMARY KEY (blob)
);

create table readiness_probe (
  id boolean not null default true,
  at timestamp with time zone not null,
  constraint readiness_probe_pkey PRIMARY KEY (id),
  constraint readiness_probe_id_check CHECK (id)
) with (fillfactor=50);

create table recovery_item (
  id text not null,
  file_id text not null,
  reason text not null,
  user_id text not null,
  editors text[] not null default '{}'::text[],
  presented_lock_id text not null default ''::text,
  base_version bigint,
  correlation_id text,
  blob text not null,
  size bigint not null,
  sha256 text not null,
  at timestamp with time zone not null default clock_timestamp(),
  resolved_at timestamp with time zone,
  resolution text,
  base_modified_at text,
  token_id text,
  family text,
  exit_save boolean not null default false,
  returned_version bigint,
  returned_unchanged boolean,
  constraint recovery_item_pkey PRIMARY KEY (id),
  constraint recovery_item_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id),
  constraint recovery_item_resolution_check CHECK ((resolution = ANY (ARRAY['restored'::text, 'saved-as-copy'::text, 'discarded'::text])))
);
CREATE INDEX recovery_item_at ON recovery_item USING btree (at, id);
CREATE INDEX recovery_item_blob ON recovery_item USING btree (blob);
CREATE INDEX recovery_item_file ON recovery_item USING btree (file_id, at, id);
CREATE INDEX recovery_item_may_return ON recovery_item USING btree (file_id) WHERE (exit_save AND (returned_version IS NULL));
CREATE UNIQUE INDEX recovery_item_open ON recovery_item USING btree (file_id, sha256) WHERE (resolved_at IS NULL);
CREATE INDEX recovery_item_open_at ON recovery_item USING btree (at, id) WHERE (resolved_at IS NULL);
CREATE INDEX recovery_item_open_user ON recovery_item USING btree (user_id) WHERE (resolved_at IS NULL);
CREATE INDEX recovery_item_reason ON recovery_item USING btree (reason, at, id);
CREATE INDEX recovery_item_user ON recovery_item USING btree (user_id, at, id);

create table released_blob (
  blob text not null,
  released_at timestamp with time zone not null default clock_timestamp()
);
CREATE INDEX released_blob_at ON released_blob USING btree (released_at);
CREATE INDEX released_blob_blob ON released_blob USING btree (blob);

create table schema_release (
  migration text not null,
  oldest_release text not null,
  constraint schema_release_pkey PRIMARY KEY (migration)
);

create table session_event (
  id bigint not null generated always as identity,
  at timestamp with time zone not null default clock_timestamp(),
  kind text not null,
  file_id text,
  session_id text,
  user_id text,
  detail jsonb not null default '{}'::jsonb,
  constraint session_event_pkey PRIMARY KEY (id)
);
CREATE INDEX session_event_file ON session_event USING btree (file_id, id);
CREATE INDEX session_event_session ON session_event USING btree (session_id, id);

create table share_link (
  id text not null,
  object_id text not null,
  object_kind text not null,
  role text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint share_link_pkey PRIMARY KEY (id),
  constraint share_link_created_by_fkey FOREIGN KEY (created_by) REFERENCES user_account(id),
  constraint share_link_object_kind_check CHECK ((object_kind = ANY (ARRAY['file'::text, 'container'::text]))),
  constraint share_link_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text])))
);
CREATE INDEX share_link_object ON share_link USING btree (object_id) WHERE (revoked_at IS NULL);

create table share_link_holder (
  user_id text not null,
  object_id text not null,
  link_id text not null,
  redeemed_at timestamp with time zone not null default clock_timestamp(),
  constraint share_link_holder_pkey PRIMARY KEY (user_id, object_id, link_id),
  constraint share_link_holder_link_id_fkey FOREIGN KEY (link_id) REFERENCES share_link(id),
  constraint share_link_holder_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id)
);
CREATE INDEX share_link_holder_link ON share_link_holder USING btree (link_id, user_id);

create table stream (
  file_id text not null,
  stream_id text not null,
  content text not null,
  size bigint not null,
  sha256 text not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint stream_pkey PRIMARY KEY (file_id, stream_id),
  constraint stream_content_fkey FOREIGN KEY (content) REFERENCES chunked_content(id),
  constraint stream_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id)
);
CREATE INDEX stream_content ON stream USING btree (content);

create table stream_chunk (
  content text not null,
  ordinal integer not null,
  chunk_id text not null,
  blob text not null,
  start bigint not null,
  length bigint not null,
  constraint stream_chunk_pkey PRIMARY KEY (content, ordinal),
  constraint stream_chunk_content_fkey FOREIGN KEY (content) REFERENCES chunked_content(id) ON DELETE CASCADE
);
CREATE INDEX stream_chunk_blob ON stream_chunk USING btree (blob) WHERE (blob <> content);

create table upload_part (
  token text not null,
  start bigint not null,
  length bigint not null,
  blob text not null,
  constraint upload_part_pkey PRIMARY KEY (token, start),
  constraint upload_part_token_fkey FOREIGN KEY (token) REFERENCES upload_session(token) ON DELETE CASCADE
);
CREATE INDEX upload_part_blob ON upload_part USING btree (blob);

create table upload_session (
  token text not null,
  file_id text not null,
  user_id text not null,
  size bigint not null default 0,
  expires_at timestamp with time zone not null,
  constraint upload_session_pkey PRIMARY KEY (token),
  constraint upload_session_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id),
  constraint upload_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id)
);
CREATE INDEX upload_session_expires ON upload_session USING btree (expires_at);
CREATE INDEX upload_session_file ON upload_session USING btree (file_id);

create table user_account (
  id text not null,
  display_name text not null,
  principal_name text,
  groups text[] not null default '{}'::text[],
  user_info text,
  disabled_at timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  facts_at timestamp with time zone,
  api_role text,
  constraint user_account_pkey PRIMARY KEY (id),
  constraint user_account_api_role_check CHECK ((api_role = ANY (ARRAY['user'::text, 'auditor'::text, 'admin'::text])))
);
CREATE INDEX user_account_disabled ON user_account USING btree (id) WHERE (disabled_at IS NOT NULL);

create table version_given (
  jti text not null,
  told_version bigint not null,
  told_modified_at text not null,
  read_version bigint,
  read_modified_at text,
  constraint version_given_pkey PRIMARY KEY (jti),
  constraint version_given_jti_fkey FOREIGN KEY (jti) REFERENCES access_token(jti) ON DELETE CASCADE
) with (fillfactor=50);

create table web_session (
  cookie_hash text not null,
  sign_in text not null,
  user_id text not null,
  role text not null,
  started_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint web_session_pkey PRIMARY KEY (cookie_hash),
  constraint web_session_role_check CHECK ((role = ANY (ARRAY['user'::text, 'auditor'::text, 'admin'::text]))),
  constraint web_session_sign_in_key UNIQUE (sign_in),
  constraint web_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id)
);
CREATE INDEX web_session_expiry ON web_session USING btree (expires_at);
CREATE INDEX web_session_user ON web_session USING btree (user_id) WHERE (ended_at IS NULL);

create table webhook_cursor (
  receiver text not null,
  last_event_id bigint not null,
  constraint webhook_cursor_pkey PRIMARY KEY (receiver)
);

create view open_share_link as
 SELECT l.id,
    l.object_kind,
    l.object_id,
    l.role,
    COALESCE(f.name, c.name) AS name
   FROM share_link l
     JOIN user_account maker ON maker.id = l.created_by AND maker.disabled_at IS NULL
     LEFT JOIN file f ON f.id = l.object_id AND l.object_kind = 'file'::text AND f.deleted_at IS NULL
     JOIN container c ON c.id =
        CASE l.object_kind
            WHEN 'file'::text THEN f.container_id
            ELSE l.object_id
        END
  WHERE l.revoked_at IS NULL AND l.expires_at > clock_timestamp() AND own_rank(maker.id, maker.groups, l.object_id,
        CASE l.object_kind
            WHEN 'file'::text THEN f.owner_id
            ELSE c.owner_id
        END, c.ancestors) = 3;

CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER file_version_released AFTER DELETE ON file_version FOR EACH ROW EXECUTE FUNCTION release_blob('blob');

CREATE TRIGGER file_version_replaced AFTER UPDATE OF blob ON file_version FOR EACH ROW WHEN ((old.blob IS DISTINCT FROM new.blob)) EXECUTE FUNCTION release_blob('blob');

CREATE TRIGGER recovery_item_released AFTER DELETE ON recovery_item FOR EACH ROW WHEN ((old.resolution IS DISTINCT FROM 'discarded'::text)) EXECUTE FUNCTION release_blob('blob');

CREATE TRIGGER recovery_item_replaced AFTER UPDATE OF blob, resolution ON recovery_item FOR EACH ROW WHEN (((old.resolution IS DISTINCT FROM 'discarded'::text) AND ((old.blob IS DISTINCT FROM new.blob) OR (new.resolution = 'discarded'::text)))) EXECUTE FUNCTION release_blob('blob');

CREATE TRIGGER stream_released AFTER DELETE ON stream FOR EACH ROW EXECUTE FUNCTION release_blob('content');

CREATE TRIGGER stream_replaced AFTER UPDATE OF content ON stream FOR EACH ROW WHEN ((old.content IS DISTINCT FROM new.content)) EXECUTE FUNCTION release_blob('content');

CREATE TRIGGER stream_chunk_released AFTER DELETE ON stream_chunk REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION release_chunk_blobs();

CREATE TRIGGER stream_chunk_replaced AFTER UPDATE ON stream_chunk REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION release_chunk_blobs();

CREATE TRIGGER upload_part_released AFTER DELETE ON upload_part FOR EACH ROW EXECUTE FUNCTION release_blob('blob');

CREATE TRIGGER upload_part_replaced AFTER UPDATE OF blob ON upload_part FOR EACH ROW WHEN ((old.blob IS DISTINCT FROM new.blob)) EXECUTE FUNCTION release_blob('blob');

-- function coauth_granted(the_file text, the_id text, at timestamp with time zone, moves integer) returns coauth_answer language plpgsql volatile

-- function coauth_lock_is_live(expires_at timestamp with time zone, at timestamp with time zone) returns boolean language sql immutable

-- function coauth_rows(the_file text, at timestamp with time zone) returns json language sql stable

-- function coauth_table_version(the_file text, at timestamp with time zone) returns text language sql stable

-- function container_rank(person text, person_groups text[], the_container text, its_parent text, its_owner text, around text[]) returns integer language sql stable

-- function epoch_ms(at timestamp with time zone) returns double precision language sql stable

-- function get_coauth_lock(the_file text, grace_ms double precision, the_token text, person text, needed_rank integer, the_id text, the_type text, the_metadata text, lifetime_ms double precision) returns SETOF coauth_answer language plpgsql volatile

-- function iso_time(at timestamp with time zone) returns text language sql stable

-- function lock_ends_at(kind text, exact_expiry boolean, expires_at timestamp with time zone, grace_ms double precision) returns timestamp with time zone language sql stable

-- function lock_is_abandoned(object text, asking text, asking_editor text) returns boolean language plpgsql volatile

-- function lock_is_live(kind text, exact_expiry boolean, expires_at timestamp with time zone, grace_ms double precision, at timestamp with time zone) returns boolean language sql stable

-- function lock_state(kind text, exact_expiry boolean, expires_at timestamp with time zone, coauth_until timestamp with time zone, grace_ms double precision, at timestamp with time zone) returns text language sql stable

-- function move_head(the_file text, the_blob text, the_size bigint, the_sha256 text, the_author text, its_editors text[], the_cause text, the_correlation_id text, the_flag text, the_lock_epoch bigint, the_editor text, the_kind text, OUT new_version bigint, OUT new_sequence_number integer, OUT new_modified_at timestamp with time zone, OUT new_kind text, OUT other_kind text) returns record language plpgsql volatile

-- function others_may_edit(object text, asking text) returns boolean language plpgsql volatile

-- function own_rank(person text, person_groups text[], object text, object_owner text, around text[]) returns integer language plpgsql stable

-- function rank_of(person text, person_groups text[], object text, object_owner text, around text[]) returns integer language plpgsql stable set plan_cache_mode=force_generic_plan

-- function refresh_coauth_lock(the_file text, the_token text, person text, needed_rank integer, the_id text, the_metadata text, lifetime_ms double precision) returns SETOF coauth_answer language plpgsql volatile

-- function refuse_change() returns trigger language plpgsql volatile

-- function release_blob() returns trigger language plpgsql volatile security definer set search_path=public

-- function release_chunk_blobs() returns trigger language plpgsql volatile security definer set search_path=public

-- function role_rank(role text) returns integer language sql immutable

-- function save_file(the_file text, grace_ms double precision, the_token text, its_user text, needed_rank integer, its_editor text, the_lock text, the_base text, the_family text, the_blob text, the_size bigint, the_sha256 text, the_kind text, the_twin text, claimed_editors text[], the_correlation_id text, OUT verdict text, OUT version bigint, OUT modified_at text, OUT editors text[]) returns record language plpgsql volatile

-- function settled_coauth_table(the_file text) returns TABLE(version text, locks json) language plpgsql volatile

-- function subject_covers(subject text, person text, person_groups text[]) returns boolean language sql immutable

-- function subjects_of(person text, person_groups text[]) returns text[] language sql immutable

-- function sweep_coauth_locks() returns SETOF coauth_lock language plpgsql volatile

-- function token_admits(token_id text, person text, object text, needed_rank integer) returns boolean language sql volatile

-- function token_is_authorized(the_token text, its_user text, the_file text, needed_mode text, needed_rank integer) returns boolean language plpgsql volatile

-- function token_reads(token_id text, person text, object text) returns boolean language sql volatile

-- function token_served(token_id text, person text, object text) returns boolean language plpgsql volatile

-- function token_state(revoked_at timestamp with time zone, expires_at timestamp with time zone, user_disabled_at timestamp with time zone, at timestamp with time zone) returns text language sql immutable

-- function unlock_coauth_lock(the_file text, the_token text, person text, needed_rank integer, the_id text) returns SETOF coauth_answer language plpgsql volatile
