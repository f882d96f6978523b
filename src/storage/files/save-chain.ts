import { Injectable } from '@nestjs/common'
import type { Statement, Tx } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import type { Head } from './file.service.js'

/** Under which holding of the file's lock a save is made, and with a token for which editor's page. */
export interface SavedUnder {
  readonly lockEpoch: string
  /** Of EDITORS. */
  readonly editor: string
}

/**
 * A base timestamp means the newest version that has it. All after it must be there: one that was purged may have come
 * from outside. $1 file, $2 base timestamp, $3 the head's version, $4 lock epoch, $5 editor
 */
export const ARE_OWN: Statement<{ own: boolean | null }, [FileId, string, string, string, string]> = {
  name: 'are-own-saves',
  text: `
    select bool_and(coalesce(v.cause = 'save' and v.lock_epoch = $4 and v.editor = $5, false))
      and count(*) = $3::bigint - max(base.version) as own
    from (
      select max(version) as version from file_version
      where file_id = $1 and iso_time(coalesce(modified_at, at)) = $2
    ) base join file_version v on v.file_id = $1 and v.version > base.version`,
}

/** $1 file, $2 version */
const KEEP: Statement<Record<string, never>, [FileId, string]> = {
  name: 'keep-version',
  text: `update file_version set keep = true where file_id = $1 and version = $2`,
}

/** How the head came from the version that a save is based on. Asked with the head held. */
@Injectable()
export class SaveChain {
  /**
   * Is all that came after the base this session's own? Then the answer to one of its saves was lost, and the next carries
   * the timestamp of before; nobody changed the file outside it.
   */
  async isOwn(
    tx: Tx,
    head: Head,
    baseTimestamp: string,
    { lockEpoch, editor }: SavedUnder,
  ): Promise<boolean> {
    const [row] = await tx.query(ARE_OWN, [head.id, baseTimestamp, head.version, lockEpoch, editor])
    return row?.own === true
  }

  /** For a head that somebody chose to overwrite: it is always listed and never deleted. */
  async keepHead(tx: Tx, head: Head): Promise<void> {
    await tx.query(KEEP, [head.id, head.version])
  }
}
