import type { Statement } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import type { FileVersion } from './file-version.entity.js'
import { KIND } from '../files/file.statements.js'

/**
 * Word saves 120 times an hour; a history of that reads as noise. So, of the saves of one editing session, the last of
 * every ten minutes stands for the others (RELIABILITY-SECURITY.md §3.9). The auto-save that ends those ten minutes
 * comes up to half a minute late, and 8 hours stay within 48 entries, the first version included. Saves of the same bytes
 * that follow each other are one entry.
 */
const SPAN_SECONDS = 630

/** Unlisted saves can still be read at their number for as long. */
export const UNLISTED_KEPT_MS = 24 * 3600_000

/**
 * $1 file ids. A file has one session at a time: the latest that began before a version is the only one it can be of.
 * Saves of the same bytes, one after the other, are one line of the history: the newest stands for them, and it counts
 * as made when the bytes came first (`modified_at`), so that nothing changes when the others are deleted; nor do equal
 * contents become neighbours that had others between them.
 * Where the kind of the bytes changes, the version before and the one after both stay: an editor that crashed, or ran out
 * of disk, may have saved nothing or an error page over the last good one. A kind that nobody looked at may be any: it
 * is another than the recognised one before it, and than whatever comes after it.
 * `listed` never turns from false to true, nor back once the span has passed: what comes later only ends
 * up in later spans. An unlisted version has a later one in its span, or with its bytes, so it is neither the head nor
 * will it be again.
 */
const JUDGED = `
  select r.*, r.flag is not null or r.keep or not r.repeated_later and (
      bool_or(r.stands) over (partition by r.file_id, r.run)
      or r.version = max(r.version) over (partition by r.file_id, r.cause, r.session_began,
        floor(extract(epoch from r.made_at - coalesce(r.session_began, 'epoch')) / ${SPAN_SECONDS}))
    ) as listed
  from (
    select n.*,
      n.cause not in ('save', 'chunked') or n.version = n.head_version
        or n.version = min(n.version) over (partition by n.file_id)
        or n.is_new_kind or lead(n.is_new_kind) over (partition by n.file_id order by n.version) as stands,
      count(*) filter (where not n.repeats) over (partition by n.file_id order by n.version) as run,
      coalesce(lead(n.repeats) over (partition by n.file_id order by n.version), false) as repeated_later
    from (
      select v.*, f.version as head_version, coalesce(v.modified_at, v.at) as made_at, (
          select case when s.ended_at is null or coalesce(v.modified_at, v.at) <= s.ended_at then s.started_at end
          from coauth_session s
          where s.file_id = v.file_id and s.started_at <= coalesce(v.modified_at, v.at)
          order by s.started_at desc limit 1
        ) as session_began,
        coalesce(
          (v.sha256, v.size, coalesce(v.modified_at, v.at)) = lag((v.sha256, v.size, coalesce(v.modified_at, v.at)))
          over (partition by v.file_id order by v.version), false)
          as repeats,
        case when ${KIND} is null
          then coalesce(lag(${KIND}) over (partition by v.file_id order by v.version) <> 'other', false)
          else ${KIND} is distinct from lag(${KIND}) over (partition by v.file_id order by v.version)
        end as is_new_kind
      from file_version v join file f on f.id = v.file_id where v.file_id = any ($1)
    ) n
  ) r`

/** Newest first. $1 one file id in an array, $2 'all' or 'listed', $3 before version, $4 limit */
export const LIST_VERSIONS: Statement<FileVersion, [readonly FileId[], string, string | null, number]> = {
  name: 'list-versions',
  text: `
    select file_id as "fileId", version, blob, size, sha256, author, editors, cause,
      correlation_id as "correlationId", at, flag, kind, former_kind as "formerKind"
    from (${JUDGED}) judged
    where (listed or $2::text = 'all') and ($3::bigint is null or version < $3)
    order by version desc limit $4`,
}

/** The next files with saves that grew old enough since the last look. $1 since, $2 age ms, $3 after file, $4 limit */
export const FILES_WITH_OLD_SAVES: Statement<{ file_id: FileId }, [Date, number, FileId | null, number]> = {
  name: 'files-with-old-saves',
  plan: 'anew',
  text: `
    select distinct file_id from file_version
    where cause in ('save', 'chunked') and at >= $1 and at < clock_timestamp() - $2::float8 * interval '1 ms'
      and ($3::text is null or file_id > $3)
    order by file_id limit $4`,
}

/**
 * A version that somebody restores just now is held by them and skipped; so any number of servers may delete at once.
 * What a person did on purpose stays, even where the history folds it: it costs a row.
 * $1 file ids, $2 age ms, $3 limit
 */
export const DELETE_UNLISTED: Statement<{ file_id: FileId }, [readonly FileId[], number, number]> = {
  name: 'delete-unlisted-versions',
  plan: 'anew',
  text: `
    with unlisted as materialized (
      select file_id, version from (${JUDGED}) judged
      where not listed and cause in ('save', 'chunked') and at < clock_timestamp() - $2::float8 * interval '1 ms'
    ), held as materialized (
      select v.file_id, v.version from file_version v join unlisted using (file_id, version)
      where v.flag is null and not v.keep limit $3 for update of v skip locked
    )
    delete from file_version v using held
    where v.file_id = held.file_id and v.version = held.version
    returning v.file_id`,
}
