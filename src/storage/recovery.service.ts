import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { IsNull } from 'typeorm'
import { Database, type Statement, type Tx } from '../database/database.js'
import type { StoredBlob } from './blob-store.js'
import { RecoveryItem, type RecoveryReason } from './recovery-item.entity.js'

export interface RefusedSave {
  readonly fileId: string
  readonly reason: RecoveryReason
  readonly userId: string
  readonly editors: readonly string[]
  readonly presentedLockId: string
  readonly correlationId: string
  readonly content: StoredBlob
}

/**
 * A client that is refused for ever must not fill the disk: at one of these nothing more is kept. Several saves at once
 * may go over by their number; the last one that is let in may be as large as a file can be.
 */
const MOST_OPEN = {
  perFile: { items: 100, bytes: 10 * 1024 ** 3 },
  perUser: { items: 500, bytes: 20 * 1024 ** 3 },
} as const

/**
 * No row when the same bytes are the head, or are kept already: Word repeats a refused save every 30 s.
 * $1 id, $2 file, $3 reason, $4 user, $5 editors, $6 lock id, $7 correlation id, $8 blob, $9 size, $10 sha256,
 * $11–$14 most items and bytes per file, per user
 */
const KEEP: Statement<{ id: string }> = {
  name: 'keep-refused-save',
  text: `
    insert into recovery_item (id, file_id, reason, user_id, editors, presented_lock_id, correlation_id, blob, size,
      sha256, base_version)
    select $1, f.id, $3, $4, $5, $6, $7, $8, $9, $10, f.version
    from file f, (
      select count(*) filter (where file_id = $2) as file_items, sum(size) filter (where file_id = $2) as file_bytes,
        count(*) filter (where user_id = $4) as user_items, sum(size) filter (where user_id = $4) as user_bytes
      from recovery_item where resolved_at is null and (file_id = $2 or user_id = $4)
    ) kept
    where f.id = $2 and f.sha256 <> $10
      and file_items < $11::int and coalesce(file_bytes, 0) < $12::bigint
      and user_items < $13::int and coalesce(user_bytes, 0) < $14::bigint
    on conflict (file_id, sha256) where resolved_at is null do nothing
    returning id`,
}

/** $1 file, $2 sha256 */
const IS_SAFE: Statement<{ safe: boolean }> = {
  name: 'refused-save-is-safe',
  text: `
    select exists (select from file where id = $1 and sha256 = $2)
      or exists (select from recovery_item where file_id = $1 and sha256 = $2 and resolved_at is null) as safe`,
}

/** The bytes of saves that had to be refused: other people's edits are in them (RELIABILITY-SECURITY.md §3.4). */
@Injectable()
export class RecoveryService {
  constructor(private readonly database: Database) {}

  /** @returns the new item's id, 'already-safe' when these bytes are the head or kept already, 'full' at a limit of the file or the user */
  async keep(tx: Tx, save: RefusedSave): Promise<{ itemId: string } | 'already-safe' | 'full'> {
    const { blob, size, sha256 } = save.content
    const [row] = await tx.query(KEEP, [
      randomBytes(16).toString('hex'),
      save.fileId,
      save.reason,
      save.userId,
      save.editors,
      save.presentedLockId,
      save.correlationId,
      blob,
      size,
      sha256,
      MOST_OPEN.perFile.items,
      MOST_OPEN.perFile.bytes,
      MOST_OPEN.perUser.items,
      MOST_OPEN.perUser.bytes,
    ])
    if (row) return { itemId: row.id }
    const [known] = await tx.query(IS_SAFE, [save.fileId, sha256])
    return known?.safe ? 'already-safe' : 'full'
  }

  /** Open items, oldest first. */
  async list(fileId: string): Promise<RecoveryItem[]> {
    return this.database.dataSource.manager.find(RecoveryItem, {
      where: { fileId, resolvedAt: IsNull() },
      order: { at: 'ASC', id: 'ASC' },
    })
  }

  async find(fileId: string, itemId: string): Promise<RecoveryItem | undefined> {
    const where = { id: itemId, fileId, resolvedAt: IsNull() }
    return (await this.database.dataSource.manager.findOneBy(RecoveryItem, where)) ?? undefined
  }

  /** Holds an open item until `tx` ends, so that it is resolved once. */
  async lock(tx: Tx, fileId: string, itemId: string): Promise<RecoveryItem | undefined> {
    const item = await tx.manager.findOne(RecoveryItem, {
      where: { id: itemId, fileId, resolvedAt: IsNull() },
      lock: { mode: 'pessimistic_write' },
    })
    return item ?? undefined
  }

  async resolve(tx: Tx, itemId: string, resolution: NonNullable<RecoveryItem['resolution']>): Promise<void> {
    await tx.manager.update(
      RecoveryItem,
      { id: itemId },
      { resolution, resolvedAt: () => 'clock_timestamp()' },
    )
  }
}
