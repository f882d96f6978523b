import type { Statement } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import type { LockFact, Session } from './session.js'

/** Begins a statement that reads the clock once: `clock.now`. */
export const CLOCK = `with clock as materialized (select clock_timestamp() as now)`

const TIME = (ms: string): string => `to_timestamp((${ms})::float8 / 1000)`

/** Who is gone for good is read only where history is asked for: a file may stay open for weeks. */
export const RECENT = `(p.left_at is null or p.left_at > clock_timestamp() - interval '10 minutes')`

/** What holds the file by now, `l` being its lock row, if any. $1 grace ms */
export const LIVE_KIND = `
  lock_state(l.kind, l.exact_expiry, l.expires_at, l.coauth_until, $1::float8, clock.now)`

/** The coauth locks that are alive, in the order of their coming; null without any. `l` being the file's lock row */
export const COAUTH = `(
      select json_agg(json_build_object('jti', k.token_id, 'userId', k.user_id, 'lockId', k.lock_id, 'type', k.type,
        'name', k.name, 'acquiredAt', epoch_ms(k.acquired_at), 'expiresAt', epoch_ms(k.expires_at))
        order by k.acquired_at, k.lock_id)
      from coauth_lock k where k.file_id = l.file_id and coauth_lock_is_live(k.expires_at, clock.now))`

/** A session as JSON in the very shape of `Session`, without the properties that are null. */
export const SESSION = `json_strip_nulls(json_build_object(
    'id', s.id, 'fileId', s.file_id, 'application', s.application,
    'startedAt', epoch_ms(s.started_at), 'lastActivityAt', epoch_ms(s.last_activity_at),
    'ended', case when s.ended_at is not null then
      json_build_object('at', epoch_ms(s.ended_at), 'reason', s.end_reason) end,
    'lockHeld', s.lock_held, 'learntRule', s.learnt_rule, 'believedJti', s.believed_jti,
    'unsavedSince', epoch_ms(s.unsaved_since), 'unsavedUnclear', nullif(s.unsaved_unclear, false),
    'saved', case when s.saved_at is not null then
      json_build_object('at', epoch_ms(s.saved_at), 'version', s.saved_version::text, 'userId', s.saved_user,
        'jti', s.saved_jti, 'editors', s.saved_editors) end,
    'failing', case when s.failing_since is not null then
      json_build_object('since', epoch_ms(s.failing_since), 'reason', s.failing_reason, 'userId', s.failing_user,
        'jti', s.failing_jti) end,
    'warned', s.warned,
    'participants', coalesce((
      select json_agg(json_build_object(
        'jti', p.jti, 'userId', p.user_id, 'mode', p.mode, 'family', p.family, 'reports', p.reports,
        'joinedAt', epoch_ms(p.joined_at), 'lastSeenAt', epoch_ms(p.last_seen_at), 'checkedAt', epoch_ms(p.checked_at),
        'editedAt', epoch_ms(p.edited_at), 'conflictedAt', epoch_ms(p.conflicted_at), 'refusedAt', epoch_ms(p.refused_at),
        'coauthUntil', epoch_ms(p.coauth_until), 'reportedAt', epoch_ms(p.reported_at),
        'left', case when p.left_at is not null then
          json_build_object('at', epoch_ms(p.left_at), 'reason', p.left_reason) end) order by p.joined_at, p.jti)
      from coauth_participant p where p.session_id = s.id and ${RECENT}), '[]')))`

/**
 * One writer at a time for each file's session, over all servers; in the order of the ids, so that two batches never
 * wait for each other. A statement of its own: the one that reads must begin after the wait. $1 file ids, sorted
 */
export const TAKE_TURNS: Statement<{ now: number }, [readonly FileId[]]> = {
  name: 'session-turns',
  text: `
    select epoch_ms(max(clock_timestamp())) as now
    from (select pg_advisory_xact_lock(hashtext('coauth_session'), hashtext(id)) from unnest($1::text[]) as id
      order by id offset 0) as turns`,
}

/** The same, but only of the files that nobody else works on; for the watch. $1 file ids, sorted */
export const TAKE_FREE_TURNS: Statement<{ id: FileId; now: number }, [readonly FileId[]]> = {
  name: 'session-free-turns',
  text: `
    select id, epoch_ms(clock_timestamp()) as now from unnest($1::text[]) as id
    where pg_try_advisory_xact_lock(hashtext('coauth_session'), hashtext(id))`,
}

/** Each file's latest session, open or not, if it ever had one. $1 file ids */
export const LATEST_SESSIONS: Statement<
  { file_id: FileId; name: string; session: Session | null },
  [readonly FileId[]]
> = {
  name: 'latest-sessions',
  text: `
    select f.id as file_id, f.name, case when s.id is not null then ${SESSION} end as session
    from file f left join lateral (
      select * from coauth_session where file_id = f.id
      order by ended_at is null desc, started_at desc limit 1
    ) s on true
    where f.id = any ($1)`,
}

export interface WatchedRow {
  readonly session: Session
  readonly lock: LockFact
  readonly deleted: boolean
}

/** Sessions with the locks of their files, which this module only reads. */
const WITH_LOCK = `${CLOCK}
  select ${SESSION} as session, json_strip_nulls(json_build_object(
      'kind', ${LIVE_KIND}, 'coauth', ${COAUTH},
      'refreshedAt', epoch_ms(l.refreshed_at), 'expiresAt', epoch_ms(l.expires_at))) as lock,
    f.deleted_at is not null as deleted
  from clock, coauth_session s join file f on f.id = s.file_id left join file_lock l on l.file_id = s.file_id`

/** $1 grace ms, $2 file ids */
export const OPEN_SESSIONS: Statement<WatchedRow, [number, readonly FileId[]]> = {
  name: 'open-sessions',
  text: `${WITH_LOCK} where s.ended_at is null and s.file_id = any ($2)`,
}

export const OPEN_FILES: Statement<{ file_id: FileId }, []> = {
  name: 'open-session-files',
  text: `select file_id from coauth_session where ended_at is null order by file_id`,
}

/** $1 sessions as JSON in the shape of `Session` */
export const SAVE_SESSIONS: Statement<Record<string, never>, [string]> = {
  name: 'save-sessions',
  text: `
    with given as (select value as s from jsonb_array_elements($1::jsonb)),
    saved as (
      insert into coauth_session (id, file_id, application, started_at, last_activity_at, ended_at, end_reason, lock_held,
        learnt_rule, believed_jti, unsaved_since, unsaved_unclear, saved_at, saved_version, saved_user, saved_jti,
        saved_editors, failing_since, failing_reason, failing_user, failing_jti, warned)
      select s->>'id', s->>'fileId', s->>'application', ${TIME("s->>'startedAt'")}, ${TIME("s->>'lastActivityAt'")},
        ${TIME("s->'ended'->>'at'")}, s->'ended'->>'reason', (s->>'lockHeld')::boolean,
        s->>'learntRule', s->>'believedJti', ${TIME("s->>'unsavedSince'")},
        coalesce((s->>'unsavedUnclear')::boolean, false),
        ${TIME("s->'saved'->>'at'")}, (s->'saved'->>'version')::bigint, s->'saved'->>'userId', s->'saved'->>'jti',
        coalesce((select array_agg(e) from jsonb_array_elements_text(s->'saved'->'editors') e), '{}'),
        ${TIME("s->'failing'->>'since'")}, s->'failing'->>'reason', s->'failing'->>'userId', s->'failing'->>'jti',
        coalesce((select array_agg(w) from jsonb_array_elements_text(s->'warned') w), '{}')
      from given
      on conflict (id) do update set
        last_activity_at = excluded.last_activity_at, ended_at = excluded.ended_at, end_reason = excluded.end_reason,
        lock_held = excluded.lock_held, learnt_rule = excluded.learnt_rule, believed_jti = excluded.believed_jti,
        unsaved_since = excluded.unsaved_since, unsaved_unclear = excluded.unsaved_unclear, saved_at = excluded.saved_at, saved_version = excluded.saved_version,
        saved_user = excluded.saved_user, saved_jti = excluded.saved_jti, saved_editors = excluded.saved_editors,
        failing_since = excluded.failing_since, failing_reason = excluded.failing_reason,
        failing_user = excluded.failing_user, failing_jti = excluded.failing_jti, warned = excluded.warned
      returning id
    )
    insert into coauth_participant (session_id, jti, user_id, mode, family, reports, joined_at, last_seen_at, checked_at,
      edited_at, conflicted_at, refused_at, coauth_until, reported_at, left_at, left_reason)
    select s->>'id', p->>'jti', p->>'userId', p->>'mode', p->>'family', p->>'reports', ${TIME("p->>'joinedAt'")},
      ${TIME("p->>'lastSeenAt'")}, ${TIME("p->>'checkedAt'")}, ${TIME("p->>'editedAt'")}, ${TIME("p->>'conflictedAt'")},
      ${TIME("p->>'refusedAt'")}, ${TIME("p->>'coauthUntil'")}, ${TIME("p->>'reportedAt'")},
      ${TIME("p->'left'->>'at'")}, p->'left'->>'reason'
    from given join saved on saved.id = s->>'id', jsonb_array_elements(s->'participants') p
    on conflict (session_id, jti) do update set
      mode = excluded.mode, family = excluded.family, reports = excluded.reports, joined_at = excluded.joined_at,
      last_seen_at = excluded.last_seen_at, checked_at = excluded.checked_at, edited_at = excluded.edited_at,
      conflicted_at = excluded.conflicted_at, refused_at = excluded.refused_at, coauth_until = excluded.coauth_until,
      reported_at = excluded.reported_at, left_at = excluded.left_at,
      left_reason = excluded.left_reason`,
}

/**
 * What tokens were given; whichever server writes last, the newest stays. Only of tokens that are still there, in the
 * order of their ids, so that two batches never wait for each other. $1 {jti, toldVersion, …} as JSON
 */
export const SAVE_GIVEN: Statement<Record<string, never>, [string]> = {
  name: 'save-version-given',
  text: `
    insert into version_given as v (jti, told_version, told_modified_at, read_version, read_modified_at)
    select t.jti, g."toldVersion", g."toldModifiedAt", g."readVersion", g."readModifiedAt"
    from jsonb_to_recordset($1::jsonb) as g
      (jti text, "toldVersion" bigint, "toldModifiedAt" text, "readVersion" bigint, "readModifiedAt" text)
    join access_token t on t.jti = g.jti order by t.jti
    on conflict (jti) do update set
      told_version = greatest(v.told_version, excluded.told_version),
      told_modified_at =
        case when excluded.told_version > v.told_version then excluded.told_modified_at else v.told_modified_at end,
      read_version = greatest(v.read_version, excluded.read_version),
      read_modified_at = case when excluded.read_version > coalesce(v.read_version, 0) then excluded.read_modified_at
        else v.read_modified_at end
      where excluded.told_version > v.told_version or excluded.read_version > coalesce(v.read_version, 0)`,
}
