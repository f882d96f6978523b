import type { Statement, Tx } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'

/** A version of a file. */
export interface Base {
  readonly version: string
  /** Its modification time, as the author's editor was told it; undefined where it was told nothing. */
  readonly modifiedAt: string | undefined
}

/** What is known of the content that a save was made from. */
export interface KnownBase {
  /** What Collabora and ONLYOFFICE say themselves. */
  readonly timestamp: string | undefined
  /** The newest that the token was told of, and the newest whose bytes it was given. */
  readonly told: Base | undefined
  readonly read: Base | undefined
}

/** Compared as text: it is what the client was given, or it is nothing. $1 file, $2 timestamp */
const BY_TIMESTAMP: Statement<{ version: string }, [FileId, string]> = {
  name: 'base-by-timestamp',
  text: `
    select version from file_version
    where file_id = $1 and iso_time(coalesce(modified_at, at)) = $2 order by version desc limit 1`,
}

/** Came between the two anything that no editor saved? $1 file, $2 after version, $3 up to version */
const CHANGED_OUTSIDE: Statement<{ outside: boolean }, [FileId, string, string]> = {
  name: 'base-changed-outside',
  text: `
    select exists (
      select from file_version where file_id = $1 and version > $2 and version <= $3 and cause not in ('save', 'chunked')
    ) as outside`,
}

/** The version that a file was made with, while it has no other: nothing else can have been read. $1 file */
const ONLY_VERSION: Statement<{ version: string }, [FileId]> = {
  name: 'base-only-version',
  text: `select version from file where id = $1 and version = 1`,
}

/**
 * What the author of a save had before them; undefined where nobody knows, since a wrong base is worse than none: a
 * merge would take other people's changes back.
 */
export async function baseOf(tx: Tx, fileId: FileId, known: KnownBase): Promise<Base | undefined> {
  const { timestamp, told, read } = known
  if (timestamp !== undefined) {
    const [row] = await tx.query(BY_TIMESTAMP, [fileId, timestamp])
    return row && { version: row.version, modifiedAt: timestamp }
  }
  if (!told) {
    const [row] = await tx.query(ONLY_VERSION, [fileId])
    return row && { version: row.version, modifiedAt: undefined }
  }
  if (!read || read.version === told.version) return told
  // Who only asks for their right is told the head's version as well, and has not read a byte of a content from outside.
  const [row] = await tx.query(CHANGED_OUTSIDE, [fileId, read.version, told.version])
  return row?.outside ? read : told
}
