import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import { Housekeeper } from '../../installation/housekeeper.js'
import { Logger } from '../../logging/logger.js'
import {
  DELETE_UNREFERENCED_CONTENTS,
  FORGET_DELETED,
  FORGET_FOUND,
  FORGET_NEEDED,
  QUARANTINE,
  QUARANTINE_OVER,
  RELEASED_BLOBS,
  UNKNOWN_BLOBS,
  type Looked,
} from './blob-references.js'
import { BlobStore } from './blob-store.js'

/** Far longer than any upload lasts, so that a blob whose save is still under way is never taken for an orphan. */
export const ORPHAN_GRACE_MS = 24 * 3600_000
/** How long a blob that the database has never named waits for somebody to miss it. */
export const QUARANTINE_DAYS = 30
/** Past both, it is not uploads that broke off: a database was restored, or is the wrong one. */
const MANY_UNKNOWN = 100
const LARGE_PART = 0.1
const BATCH = 500
/** Rows of a table that one statement looks at: each is looked for in five others. */
const LOOKED_AT_ONCE = 5000
/** Before every id. */
const FIRST = ''
/** The rest is for the next look. */
const MAX_AT_ONCE = 10_000

/** $1 blobs, $2 unknown ones */
const WRITE_LOOK: Statement<{ id: string }, [number, number]> = {
  name: 'write-look-at-blobs',
  text: `update installation set blobs = $1, unknown_blobs = $2`,
}

/** What is on disk, and what of it the database has never named. */
export interface BlobLook {
  readonly blobs: number
  /** Without those that an operator gave up. */
  readonly unknown: number
  /** Those that are not in quarantine yet; at most `MAX_AT_ONCE`. */
  readonly fresh: readonly string[]
  readonly suspicious: boolean
}

/**
 * Deletes blobs that nothing needs, on any number of servers beside saves. Never on the word of one look: the wrong
 * database, or an older one, knows none of the blobs, and all of them would be orphans.
 *
 * Blobs whose last reference was deleted here are named in `released_blob` by that transaction, and go a day later. What
 * the database has never named goes into quarantine for a month, and stays there while there is suspiciously much of it.
 */
@Injectable()
export class BlobCollector {
  constructor(
    private readonly blobs: BlobStore,
    private readonly database: Database,
    private readonly logger: Logger,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('collect orphan blobs', () => this.collect())
  }

  /** @returns how many blobs were deleted */
  async collect(graceMs = ORPHAN_GRACE_MS): Promise<number> {
    await this.lookThrough((after) =>
      this.database.query(DELETE_UNREFERENCED_CONTENTS, [graceMs, LOOKED_AT_ONCE, after]),
    )
    const deleted = (await this.deleteReleased(graceMs)) + (await this.quarantine(graceMs))
    if (deleted > 0) this.logger.info({ deleted }, 'orphan blobs deleted')
    return deleted
  }

  /** @param graceMs younger ones are saves under way */
  async look(graceMs = ORPHAN_GRACE_MS): Promise<BlobLook> {
    let [blobs, unknown] = [0, 0]
    const fresh: string[] = []
    const judge = async (batch: readonly string[]): Promise<void> => {
      for (const row of await this.database.query(UNKNOWN_BLOBS, [batch])) {
        if (!row.confirmed) unknown++
        if (!row.quarantined && fresh.length < MAX_AT_ONCE) fresh.push(row.blob)
      }
    }
    let batch: string[] = []
    const youngest = Date.now() - graceMs
    for await (const { blob, writtenAt } of this.blobs.list()) {
      blobs++
      if (writtenAt.getTime() > youngest) continue
      batch.push(blob)
      if (batch.length < BATCH) continue
      await judge(batch)
      batch = []
    }
    await judge(batch)
    return { blobs, unknown, fresh, suspicious: unknown > MANY_UNKNOWN && unknown > blobs * LARGE_PART }
  }

  private async deleteReleased(graceMs: number): Promise<number> {
    await this.lookThrough((after) => this.database.query(FORGET_NEEDED, [graceMs, LOOKED_AT_ONCE, after]))
    return this.deleteAll((after) => this.database.query(RELEASED_BLOBS, [graceMs, BATCH, after]))
  }

  private async quarantine(graceMs: number): Promise<number> {
    let found = 0
    await this.lookThrough(async (after) => {
      const rows = await this.database.query(FORGET_FOUND, [LOOKED_AT_ONCE, after])
      found += rows[0]?.found ?? 0
      return rows
    })
    if (found > 0) {
      const message = 'blobs in quarantine are needed again: a database was restored'
      this.logger.info({ event: 'blobs-found', blobs: found }, message)
    }
    const { blobs, unknown, fresh, suspicious } = await this.look(graceMs)
    await this.database.query(WRITE_LOOK, [blobs, unknown])
    if (suspicious) {
      const message = 'the database has never named a large part of the blobs; none of them is deleted'
      this.logger.error({ event: 'blobs-unknown', blobs, unknown }, message)
    } else if (fresh.length > 0) {
      await this.database.query(QUARANTINE, [fresh, null])
      const message = `the database has never named some blobs; they are deleted in ${QUARANTINE_DAYS} days`
      this.logger.warn({ event: 'blobs-quarantined', blobs: fresh.length }, message)
    }
    const which = suspicious ? 'confirmed' : 'all'
    return this.deleteAll((after) =>
      this.database.query(QUARANTINE_OVER, [QUARANTINE_DAYS, which, BATCH, after]),
    )
  }

  /** A part of a table at a time, to its end, so that no statement lasts for long. */
  private async lookThrough(look: (after: string) => Promise<readonly Looked[]>): Promise<void> {
    for (let after: string | null = FIRST; after !== null;) after = (await look(after))[0]?.last ?? null
  }

  private async deleteAll(next: (after: string) => Promise<readonly { blob: string }[]>): Promise<number> {
    let deleted = 0
    for (let after = FIRST; ;) {
      const blobs = (await next(after)).map(({ blob }) => blob)
      for (const blob of blobs) await this.blobs.remove(blob)
      // After the bytes: a server that is killed in between begins this again.
      await this.database.query(FORGET_DELETED, [blobs])
      deleted += blobs.length
      after = blobs.at(-1) ?? after
      if (blobs.length < BATCH) return deleted
    }
  }
}
