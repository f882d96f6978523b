import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import { Housekeeper } from '../../installation/housekeeper.js'
import { Logger } from '../../logging/logger.js'
import { DELETE_UNLISTED, FILES_WITH_OLD_SAVES, UNLISTED_KEPT_MS } from './version-listing.js'

const EVERY_MS = 3600_000
const FILES_AT_ONCE = 10
const ROWS_AT_ONCE = 10_000

/**
 * Deletes the saves that no list shows and that were kept for a day; `BlobCollector` takes their bytes. Each server's
 * first look is at every file, the next ones only at what has grown old since.
 */
@Injectable()
export class VersionPurger {
  private since = new Date(0)

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('delete unlisted versions', () => this.purge())
  }

  /** @returns how many versions were deleted */
  async purge(): Promise<number> {
    // An hour of overlap: this process's clock is not the database's.
    const next = new Date(Date.now() - UNLISTED_KEPT_MS - EVERY_MS)
    let deleted = 0
    for (
      let files = await this.filesAfter(null);
      files.length > 0;
      files = await this.filesAfter(files.at(-1))
    ) {
      deleted += await this.deleteIn(files)
    }
    this.since = next
    if (deleted > 0) this.logger.info({ deleted }, 'unlisted versions deleted')
    return deleted
  }

  private async filesAfter(fileId: FileId | null | undefined): Promise<FileId[]> {
    const rows = await this.database.query(FILES_WITH_OLD_SAVES, [
      this.since,
      UNLISTED_KEPT_MS,
      fileId ?? null,
      FILES_AT_ONCE,
    ])
    return rows.map((row) => row.file_id)
  }

  private async deleteIn(files: readonly FileId[]): Promise<number> {
    let deleted = 0
    for (;;) {
      const rows = await this.database.query(DELETE_UNLISTED, [files, UNLISTED_KEPT_MS, ROWS_AT_ONCE])
      deleted += rows.length
      if (rows.length < ROWS_AT_ONCE) return deleted
    }
  }
}
