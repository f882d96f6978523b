import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import type { FileId, UserId } from '../../ids/ids.js'
import { Housekeeper } from '../../installation/housekeeper.js'
import { Logger } from '../../logging/logger.js'

/** How long a refused save waits for somebody to deal with it, and how long one can look up what became of it. */
const KEPT_DAYS = 30
const ROWS_AT_ONCE = 500

/**
 * An item that somebody deals with just now is skipped; so any number of servers may delete at once, and each item is
 * reported once. With a file in the bin its items stay, and go or come back with it. $1 days, $2 limit
 */
const DELETE_OLD: Statement<
  { id: string; file_id: FileId; user_id: UserId; was_open: boolean },
  [number, number]
> = {
  name: 'delete-old-recovery-items',
  plan: 'anew',
  text: `
    with old as materialized (
      select id from recovery_item
      where at < clock_timestamp() - $1::int * interval '1 day'
        and coalesce(resolved_at, at) < clock_timestamp() - $1::int * interval '1 day'
        and not exists (select from file f where f.id = recovery_item.file_id and f.deleted_at is not null)
      limit $2 for update skip locked
    )
    delete from recovery_item r using old where r.id = old.id
    returning r.id, r.file_id, r.user_id, r.resolved_at is null as was_open`,
}

/** Ends the retention of refused saves; `BlobCollector` takes their bytes (RELIABILITY-SECURITY.md §3.4). */
@Injectable()
export class RecoveryPurger {
  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    housekeeper: Housekeeper,
  ) {
    housekeeper.hourly('delete old recovery items', () => this.purge())
  }

  /** @returns how many items were deleted, open ones and those dealt with */
  async purge(): Promise<number> {
    let deleted = 0
    for (;;) {
      const items = await this.database.query(DELETE_OLD, [KEPT_DAYS, ROWS_AT_ONCE])
      for (const { id, file_id: fileId, user_id: userId, was_open: wasOpen } of items) {
        const facts = { event: 'recovery-expired', fileId, userId, recoveryItem: id }
        if (wasOpen)
          this.logger.warn(facts, `nobody dealt with a refused save for ${KEPT_DAYS} days; it is deleted`)
      }
      deleted += items.length
      if (items.length < ROWS_AT_ONCE) return deleted
    }
  }
}
