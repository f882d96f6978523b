import type { Statement } from '../../database/database.js'
import type { ChunkingScheme } from '../../incremental/chunking.js'

export interface ChunkRow {
  readonly chunk_id: string
  readonly blob: string
  readonly start: string
  readonly length: string
}

/** $1 content */
export const CONTENT_CHUNKS: Statement<ChunkRow, [string]> = {
  name: 'content-chunks',
  text: `select chunk_id, blob, start, length from stream_chunk where content = $1 and ordinal >= 0 order by ordinal`,
}

/** $1 content */
export const CONTENT: Statement<{ scheme: ChunkingScheme; size: string }, [string]> = {
  name: 'chunked-content',
  text: `select scheme, size from chunked_content where id = $1`,
}

/** Where each of some chunks lies. $1 contents, $2 chunk ids */
export const FIND_CHUNKS: Statement<ChunkRow, [readonly string[], readonly string[]]> = {
  name: 'find-chunks',
  text: `
    select distinct on (chunk_id) chunk_id, blob, start, length from stream_chunk
    where content = any ($1) and chunk_id = any ($2::text[])`,
}

/**
 * Two may work the chunks of one blob out at once: they find the same, and the first is remembered.
 * $1 content, $2 scheme, $3 size, $4 ordinals, $5 chunk ids, $6 blobs, $7 starts, $8 lengths
 */
export const REMEMBER_CHUNKS: Statement<
  { id: string },
  [
    string,
    string,
    number,
    readonly number[],
    readonly string[],
    readonly string[],
    readonly number[],
    readonly number[],
  ]
> = {
  name: 'remember-chunks',
  text: `
    with made as (
      insert into chunked_content (id, scheme, size) values ($1, $2, $3) on conflict do nothing returning id
    )
    insert into stream_chunk (content, ordinal, chunk_id, blob, start, length)
    select made.id, c.* from made, unnest($4::int[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]) c
    returning content as id`,
}
