import type { Statement } from '../../database/database.js'
import type { FileId, UserId } from '../../ids/ids.js'

/** An upload session lives on from its last update (WOPI.md §13.9). */
const LIFE = `interval '30 minutes'`

/** Of whoever began it, while it lives. $1 token, $2 file, $3 user */
const LIVES = `token = $1 and file_id = $2 and user_id = $3 and expires_at > clock_timestamp()`

/** $1 token, $2 file, $3 user */
export const CREATE_SESSION: Statement<{ token: string }, [string, FileId, UserId]> = {
  name: 'create-upload-session',
  text: `
    insert into upload_session (token, file_id, user_id, expires_at)
    values ($1, $2, $3, clock_timestamp() + ${LIFE}) returning token`,
}

/** $1 token, $2 file, $3 user */
export const SESSION_SIZE: Statement<{ size: string }, [string, FileId, UserId]> = {
  name: 'upload-session-size',
  text: `
    select size from upload_session where ${LIVES}`,
}

/**
 * One row of a count when the bytes came where the others ended; two that send the same at once wait for each other, and
 * the later one is told where it stands. $1 token, $2 file, $3 user, $4 start, $5 length, $6 blob
 */
export const APPEND_PART: Statement<{ size: string }, [string, FileId, UserId, number, number, string]> = {
  name: 'append-upload-part',
  text: `
    with longer as (
      update upload_session set size = size + $5::bigint, expires_at = clock_timestamp() + ${LIFE}
      where ${LIVES} and size = $4
      returning token, size
    ), part as (
      insert into upload_part (token, start, length, blob)
      select token, $4, $5, $6 from longer where $5::bigint > 0
    )
    select size from longer`,
}

/** $1 token, $2 file, $3 user */
export const SESSION_PARTS: Statement<
  { start: string; length: string; blob: string },
  [string, FileId, UserId]
> = {
  name: 'upload-session-parts',
  text: `
    select p.start, p.length, p.blob from upload_part p join upload_session s using (token)
    where ${LIVES}
    order by p.start`,
}

/** $1 token */
export const DELETE_SESSION: Statement<{ token: string }, [string]> = {
  name: 'delete-upload-session',
  text: `delete from upload_session where token = $1`,
}

/** $1 limit */
export const DELETE_OLD_SESSIONS: Statement<{ token: string }, [number]> = {
  name: 'delete-old-upload-sessions',
  plan: 'anew',
  text: `
    delete from upload_session where token in (
      select token from upload_session where expires_at <= clock_timestamp()
      order by expires_at limit $1 for update skip locked)
    returning token`,
}
