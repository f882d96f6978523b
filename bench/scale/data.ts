import type { Sizes } from './sizes.js'

export interface Step {
  readonly what: string
  readonly table: string
  readonly sql: string
}

/** Many rows belong to few: the first of `count` to the most. */
const skewed = (count: number): string => `1 + floor(${count} * random() ^ 3)::int`
/** A year of work, in the order of the rows. */
const spread = (n: string, of: number): string => `now() - interval '365 days' * (1 - (${n})::float8 / ${of})`
const hash = (text: string): string => `md5(${text}) || md5('again' || ${text})`

/** A year of a company, written by SQL alone: what no index is asked about is left as it comes. */
export function bulkData(sizes: Sizes): Step[] {
  const { users, folders, files, versionsPerFile, binned, locks, tokens, audit, sessions } = sizes
  const { events, grants, links, refused } = sizes
  // Where the nth file is: two thirds in somebody's own folder, the rest in shared ones, of which one is very full.
  const place = `case when n % 50 = 0 then md5('p10') when n % 3 = 0 then md5('p' || (1 + n % ${folders}))
    else md5('h' || (1 + n % ${users})) end`
  const owner = `case when n % 10 = 1 then 'u1' else 'u' || (1 + n % ${users}) end`
  return [
    {
      what: 'people',
      table: 'user_account',
      // Dated ahead: what their next token says of groups counts as older.
      sql: `insert into user_account (id, display_name, groups, disabled_at, facts_at)
        select 'u' || n, 'Person ' || n, array['staff', 'dept' || n % 20, 'team' || n % 200],
          case when n % 50 = 49 then now() - interval '1 day' * (n % 300) end, now() + interval '1 year'
        from generate_series(1, ${users}) n`,
    },
    {
      what: 'homes',
      table: 'container',
      sql: `insert into container (id, parent_id, name, name_key, owner_id, ancestors)
        select md5('h' || n), 'root', 'u' || n, 'u' || n, 'u' || n, array['root', md5('h' || n)]
        from generate_series(1, ${users}) n`,
    },
    {
      what: 'folders',
      table: 'container',
      // Tens: one on top, three in it, two in each of those.
      sql: `insert into container (id, parent_id, name, name_key, owner_id, ancestors)
        select md5('p' || n),
          case n % 10 when 0 then 'root' else md5('p' || around[cardinality(around)]) end,
          'Project ' || n, 'project ' || n, 'u' || (1 + n * 7 % ${users}),
          array['root'] || array(select md5('p' || one) from unnest(around) one) || md5('p' || n)
        from generate_series(1, ${folders}) n, lateral (
          select case when n % 10 = 0 then '{}'::int[] when n % 10 < 4 then array[n - n % 10]
            else array[n - n % 10, n - n % 10 + 1 + (n % 10 - 4) / 2] end as around) place`,
    },
    {
      what: 'files',
      table: 'file',
      sql: `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
          modified_at, modified_by, created_at)
        select md5('f' || n), ${place}, 'Document ' || n || '.docx', 'document ' || n || '.docx', ${owner},
          ${versionsPerFile}, ${versionsPerFile}, 20480, ${hash(`n || '-${versionsPerFile}'`)},
          md5('b' || n || '-${versionsPerFile}'),
          now() - interval '1 day' * (n % 300), ${owner}, ${spread('n', files)}
        from generate_series(1, ${files}) n`,
    },
    {
      what: 'deleted files',
      table: 'file',
      sql: `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
          modified_at, modified_by, created_at, deleted_at, deleted_by, deleted_from)
        select md5('d' || n), ${place}, 'Deleted ' || n || '.docx', 'deleted ' || n || '.docx', ${owner}, 1, 1, 20480,
          ${hash(`'d' || n`)}, md5('db' || n), now() - interval '40 days', ${owner}, now() - interval '300 days',
          now() - interval '31 days' * n / ${binned}, ${owner}, ${place}
        from generate_series(1, ${binned}) n`,
    },
    {
      what: 'versions',
      table: 'file_version',
      // Of the first files the last three came within minutes, the day before yesterday: what is folded and deleted.
      sql: `insert into file_version (file_id, version, blob, size, sha256, author, cause, correlation_id, at, modified_at,
          kind)
        select md5('f' || n), v, md5('b' || n || '-' || v), 20480, ${hash(`n || '-' || v`)}, ${owner},
          case v when 1 then 'upload' else 'save' end, md5(n || 'c' || v), made.at, made.at, 'zip'
        from generate_series(1, ${versionsPerFile}) v, generate_series(1, ${files}) n, lateral (
          select case when n <= ${Math.ceil(files / 50)} and v > ${versionsPerFile - 3}
            then now() - interval '50 hours' + v * interval '1 minute'
            else ${spread(`(v - 1)::bigint * ${files} + n`, versionsPerFile * files)} end as at) made`,
    },
    {
      what: 'lock rows and locks',
      table: 'file_lock',
      sql: `insert into file_lock (file_id, version, kind, lock_id, holder, reason, taken_at, refreshed_at, expires_at,
          epoch, token_id, editor, editor_epoch, used_at, coauth_until, coauth_table_version)
        select md5('f' || n), ${versionsPerFile}, what.kind,
          case what.kind when 'wopi' then '{"S":"' || md5('l' || n) || '","F":4}' else '' end,
          case when what.kind <> 'none' then 'u' || (1 + n % ${users}) end,
          case what.kind when 'exclusive' then 'nightly batch' end,
          case when what.kind <> 'none' then now() - interval '1 hour' end,
          case when what.kind <> 'none' then now() end,
          case when what.kind <> 'none' then now() + interval '3 hours' end,
          3, md5('t' || n), 'collabora', 3, now() - interval '10 minutes',
          case when what.coauth then now() + interval '3 hours' end, case when what.coauth then 2 else 0 end
        from generate_series(1, ${files}) n, lateral (
          select case when n > ${locks} or n % 12 = 0 then 'none' when n % 50 = 1 then 'exclusive' else 'wopi' end as kind,
            n <= ${locks} and n % 12 = 0 as coauth) what`,
    },
    {
      what: 'coauth locks',
      table: 'coauth_lock',
      sql: `insert into coauth_lock (file_id, lock_id, type, metadata, name, user_id, token_id, acquired_at, refreshed_at,
          expires_at)
        select md5('f' || n), md5('cl' || n || '-' || k), 'Coauth', '', 'Person', 'u' || (1 + (n + k) % ${users}),
          md5('ct' || n || '-' || k), now() - interval '1 hour', now(), now() + interval '3 hours'
        from generate_series(12, ${locks}, 12) n, generate_series(1, 2) k`,
    },
    {
      what: 'access tokens',
      table: 'access_token',
      sql: `insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at, revoked_at)
        select md5('t' || n), 'u' || (${skewed(users)}), 'file', md5('f' || (${skewed(files)})),
          case when n % 10 < 7 then 'edit' else 'view' end, made.at, made.at + interval '10 hours',
          case when n % 50 = 0 then made.at + interval '1 hour' end
        from generate_series(1, ${tokens}) n, lateral (select ${spread('n', tokens)} as at) made`,
    },
    {
      what: 'what tokens were given',
      table: 'version_given',
      sql: `insert into version_given (jti, told_version, told_modified_at)
        select md5('t' || n), 1, '2026-01-01T00:00:00.000000Z'
        from generate_series(${Math.ceil(tokens * 0.9)}, ${tokens}) n`,
    },
    {
      what: 'sessions that have ended',
      table: 'coauth_session',
      sql: `insert into coauth_session (id, file_id, application, started_at, last_activity_at, ended_at, end_reason,
          saved_at, saved_version, saved_user, saved_editors)
        select md5('s' || n), md5('f' || (1 + n::bigint * 7919 % ${files})),
          (array['word', 'word', 'excel', 'powerpoint'])[1 + n % 4], began.at, began.at + interval '20 minutes',
          began.at + interval '30 minutes', 'closed',
          case when n > ${Math.ceil(sessions * 0.9)} then began.at + interval '20 minutes' end,
          case when n > ${Math.ceil(sessions * 0.9)} then 5 end,
          case when n > ${Math.ceil(sessions * 0.9)} then 'u' || (1 + n % ${users}) end, '{}'
        from generate_series(1, ${sessions}) n, lateral (
          select ${spread('n', sessions)} - interval '2 hours' as at) began`,
    },
    {
      what: 'open sessions',
      table: 'coauth_session',
      sql: `insert into coauth_session (id, file_id, application, started_at, last_activity_at, lock_held, saved_at,
          saved_version, saved_user, saved_editors, failing_since, failing_reason, failing_user)
        select md5('o' || n), md5('f' || n), (array['word', 'word', 'excel', 'powerpoint'])[1 + n % 4],
          now() - interval '1 hour' + n * interval '1 ms', now() + interval '3 hours', true, now(), 10,
          'u' || (1 + n % ${users}), '{}', case when n % 500 = 3 then now() end,
          case when n % 500 = 3 then 'lock-mismatch' end, case when n % 500 = 3 then 'u1' end
        from generate_series(1, ${locks}) n where n % 50 <> 1 or n % 12 = 0`,
    },
    {
      what: 'people in open sessions',
      table: 'coauth_participant',
      sql: `insert into coauth_participant (session_id, jti, user_id, mode, family, joined_at, last_seen_at, coauth_until)
        select md5('o' || n), case when n % 12 = 0 then md5('ct' || n || '-' || k) else md5('pt' || n || '-' || k) end,
          'u' || (1 + (n + k) % ${users}), 'edit',
          'microsoft', now() - interval '1 hour', now() + interval '3 hours',
          case when n % 12 = 0 then now() + interval '3 hours' end
        from generate_series(1, ${locks}) n, generate_series(1, 2) k where n % 50 <> 1 or n % 12 = 0`,
    },
    {
      what: 'people in sessions that have ended',
      table: 'coauth_participant',
      // The oldest of them are due to be forgotten.
      sql: `insert into coauth_participant (session_id, jti, user_id, mode, family, joined_at, last_seen_at, left_at,
          left_reason)
        select md5('s' || n), md5('pt' || n || '-' || k), 'u' || (1 + floor(${users} * random() ^ 2)::int), 'edit', 'microsoft',
          began.at, began.at + interval '25 minutes', began.at + interval '30 minutes', 'closed'
        from generate_series(${Math.ceil(sessions * 0.7)}, ${sessions}) n, generate_series(1, 2) k, lateral (
          select ${spread('n', sessions)} - interval '2 hours' as at) began`,
    },
    {
      what: 'events',
      table: 'session_event',
      sql: `insert into session_event (at, kind, file_id, session_id, user_id, detail)
        select now() - interval '100 days' * (1 - n::float8 / ${events}),
          (array['participant-joined', 'participant-left', 'saved', 'session-started'])[1 + n % 4],
          md5('f' || (1 + n % ${files})), md5('s' || (1 + n % ${sessions})), 'u' || (${skewed(users)}), '{"mode": "edit"}'
        from generate_series(1, ${events}) n`,
    },
    {
      what: 'the audit',
      table: 'audit_event',
      sql: `insert into audit_event (at, actor, action, object_id, outcome, correlation_id, detail)
        select ${spread('n', audit)}, 'u' || (${skewed(users)}), did.action, md5('f' || (${skewed(files)})),
          case when did.action = 'access-refused' then 'no-right' when n % 1000 = 7 then 'being-edited' else 'done' end,
          md5('correlation' || n), jsonb_build_object('version', '5', 'sha256', ${hash('n::text')})
        from generate_series(1, ${audit}) n, lateral (
          select case when n % 100 < 60 then 'save' when n % 100 < 75 then 'file-read' when n % 100 < 87 then
            'access-token-issued' when n % 100 < 92 then 'file-downloaded' when n % 100 < 95 then 'file-created'
            when n % 100 < 97 then 'access-refused' when n % 100 = 97 then 'grant' when n % 100 = 98 then 'file-renamed'
            when n % 10000 = 99 then 'lock-broken' else 'signed-in' end as action) did`,
    },
    {
      what: 'grants on files',
      table: 'access_grant',
      sql: `insert into access_grant (object_id, subject, object_kind, role, granted_by)
        select md5('f' || (1 + n::bigint * 13 % ${files})), 'user:u' || (1 + floor(${users} * random() ^ 1.5)::int), 'file',
          case n % 2 when 0 then 'editor' else 'viewer' end, 'u1'
        from generate_series(1, ${grants}) n on conflict do nothing`,
    },
    {
      what: 'grants on folders',
      table: 'access_grant',
      sql: `insert into access_grant (object_id, subject, object_kind, role, granted_by)
        select md5('p' || n), 'group:team' || n / 10 % 200, 'container', 'editor', 'u1'
        from generate_series(10, ${folders}, 10) n
        union all select md5('p' || n), 'everyone', 'container', 'viewer', 'u1'
        from generate_series(10, ${folders}, ${Math.max(10, Math.floor(folders / 100) * 10)}) n`,
    },
    {
      what: 'share links',
      table: 'share_link',
      sql: `insert into share_link (id, object_id, object_kind, role, created_by, created_at, expires_at, revoked_at)
        select md5('k' || n), md5('f' || (1 + n::bigint * 31 % ${files})), 'file', 'viewer', 'u' || (1 + n % ${users}),
          now() - interval '20 days', now() + interval '1 day' * (n % 60 - 10), case when n % 20 = 0 then now() end
        from generate_series(1, ${links}) n`,
    },
    {
      what: 'who opened them',
      table: 'share_link_holder',
      sql: `insert into share_link_holder (user_id, object_id, link_id)
        select distinct 'u' || (1 + n * 3 % ${users}), md5('f' || (1 + (1 + n % ${links})::bigint * 31 % ${files})),
          md5('k' || (1 + n % ${links}))
        from generate_series(1, ${links * 3}) n`,
    },
    {
      what: 'refused saves',
      table: 'recovery_item',
      sql: `insert into recovery_item (id, file_id, reason, user_id, blob, size, sha256, at, resolved_at, resolution)
        select md5('r' || n), md5('f' || (1 + n::bigint * 17 % ${files})),
          (array['lock-mismatch', 'permission-revoked', 'token-expired'])[1 + n % 3], 'u' || (${skewed(users)}),
          md5('rb' || n), 20480, ${hash(`'r' || n`)}, refused.at, case when n % 10 > 0 then refused.at + interval '1 hour' end,
          case when n % 10 > 0 then 'discarded' end
        from generate_series(1, ${refused}) n, lateral (
          select now() - interval '31 days' * (1 - n::float8 / ${refused}) as at) refused`,
    },
    {
      what: 'sign-ins',
      table: 'web_session',
      sql: `insert into web_session (cookie_hash, sign_in, user_id, role, started_at, last_seen_at, expires_at)
        select md5('w' || n), md5('i' || n), 'u' || (1 + n % ${users}), 'user', now() - interval '5 hours', now(),
          now() + interval '5 hours' from generate_series(1, ${users}) n`,
    },
    {
      what: 'what was audited once',
      table: 'audited_once',
      sql: `insert into audited_once (key, at)
        select md5('a' || n), now() - interval '4 days' * n / ${tokens / 5} from generate_series(1, ${Math.ceil(tokens / 5)}) n`,
    },
    {
      what: 'blobs let go',
      table: 'released_blob',
      // Half of them are needed again.
      sql: `insert into released_blob (blob, released_at)
        select case n % 2 when 0 then md5('gone' || n) else md5('b' || n || '-1') end, now() - interval '2 days'
        from generate_series(1, ${Math.ceil(files / 20)}) n`,
    },
    {
      what: 'chunked contents',
      table: 'chunked_content',
      sql: `insert into chunked_content (id, scheme, size, made_at)
        select md5('b' || n || '-${versionsPerFile}'), 'Zip', 20480, now() - interval '10 days'
        from generate_series(1, ${Math.ceil(files / 10)}) n`,
    },
    {
      what: 'chunks',
      table: 'stream_chunk',
      sql: `insert into stream_chunk (content, ordinal, chunk_id, blob, start, length)
        select md5('b' || n || '-${versionsPerFile}'), k, md5('ch' || n || '-' || k),
          md5('b' || n || '-${versionsPerFile}'), k * 2048, 2048
        from generate_series(1, ${Math.ceil(files / 10)}) n, generate_series(0, 9) k`,
    },
    {
      what: 'upload sessions',
      table: 'upload_session',
      sql: `insert into upload_session (token, file_id, user_id, expires_at)
        select md5('us' || n), md5('f' || n), 'u1', now() - interval '1 hour' from generate_series(1, ${Math.ceil(files / 100)}) n`,
    },
  ]
}
