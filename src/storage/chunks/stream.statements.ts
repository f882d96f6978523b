import type { Statement } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import type { ContentProperty } from '../../incremental/messages.js'

/** Streams and properties expire 30 days after their last update (WOPI.md §13.1). */
const KEPT = `clock_timestamp() - interval '30 days'`

export interface FileStateRow {
  readonly version: string
  readonly sequence_number: number
  readonly blob: string
  readonly size: string
  readonly sha256: string
  readonly streams: readonly { stream_id: string; content: string; size: number; sha256: string }[]
  readonly properties: readonly ContentProperty[]
}

/** One statement and so one moment: what it says belongs together. $1 file */
export const FILE_STATE = fileState('file-state', 'null')

/** $1 file */
export const BINNED_STATE = fileState('binned-state', 'not null')

function fileState(name: string, deletedAt: 'null' | 'not null'): Statement<FileStateRow, [FileId]> {
  return {
    name,
    text: `
    select f.version, f.sequence_number, f.blob, f.size, f.sha256,
      (select coalesce(json_agg(json_build_object('stream_id', stream_id, 'content', content, 'size', size,
          'sha256', sha256)), '[]')
        from stream where file_id = f.id and updated_at > ${KEPT}) as streams,
      (select coalesce(json_agg(json_build_object('Name', name, 'Value', value, 'Retention', retention)), '[]')
        from content_property where file_id = f.id and updated_at > ${KEPT}) as properties
    from file f where f.id = $1 and f.deleted_at is ${deletedAt}`,
  }
}

/** $1 file, $2 stream ids */
export const DELETE_STREAMS: Statement<{ file_id: FileId }, [FileId, readonly string[]]> = {
  name: 'delete-streams',
  text: `delete from stream where file_id = $1 and stream_id = any ($2::text[])`,
}

/** $1 file, $2 stream ids, $3 contents, $4 sizes, $5 sha256s */
export const PUT_STREAMS: Statement<
  { file_id: FileId },
  [FileId, readonly string[], readonly string[], readonly number[], readonly string[]]
> = {
  name: 'put-streams',
  text: `
    insert into stream (file_id, stream_id, content, size, sha256)
    select $1, given.* from unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) given
    on conflict (file_id, stream_id) do update set content = excluded.content, size = excluded.size,
      sha256 = excluded.sha256, updated_at = clock_timestamp()`,
}

/** $1 file, $2 names, $3 values, $4 retentions */
export const PUT_PROPERTIES: Statement<
  { file_id: FileId },
  [FileId, readonly string[], readonly string[], readonly ContentProperty['Retention'][]]
> = {
  name: 'put-content-properties',
  text: `
    insert into content_property (file_id, name, value, retention)
    select $1, given.* from unnest($2::text[], $3::text[], $4::text[]) given
    on conflict (file_id, name) do update set value = excluded.value, retention = excluded.retention,
      updated_at = clock_timestamp()`,
}

/** What counts against the limits of WOPI.md §13.1. $1 file */
export const COUNT_PARTS: Statement<{ streams: number; properties: number; chunks: number }, [FileId]> = {
  name: 'count-streams-and-properties',
  text: `
    select
      (select count(*)::int from stream where file_id = $1 and updated_at > ${KEPT}) as streams,
      (select count(*)::int from content_property where file_id = $1 and updated_at > ${KEPT}) as properties,
      (select count(*)::int from stream s join stream_chunk c on c.content = s.content where s.file_id = $1) as chunks`,
}

/** What somebody else deletes or renews just now is skipped. $1 limit */
export const DELETE_OLD_STREAMS: Statement<{ file_id: FileId }, [number]> = {
  name: 'delete-old-streams',
  plan: 'anew',
  text: `
    delete from stream where (file_id, stream_id) in (
      select file_id, stream_id from stream where updated_at <= ${KEPT} limit $1 for update skip locked)
    returning file_id`,
}

/** $1 limit */
export const DELETE_OLD_PROPERTIES: Statement<{ file_id: FileId }, [number]> = {
  name: 'delete-old-content-properties',
  plan: 'anew',
  text: `
    delete from content_property where (file_id, name) in (
      select file_id, name from content_property where updated_at <= ${KEPT} limit $1 for update skip locked)
    returning file_id`,
}
