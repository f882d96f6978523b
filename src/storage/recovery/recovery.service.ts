import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { IsNull } from 'typeorm'
import { Database, type Statement, type Tx } from '../../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../../ids/ids.js'
import type { StoredBlob } from '../blobs/blob-store.js'
import type { Base } from '../files/save-base.js'
import { RecoveryItem, type RecoveryReason } from './recovery-item.entity.js'

export interface RefusedSave {
  readonly fileId: FileId
  readonly reason: RecoveryReason
  readonly userId: UserId
  readonly editors: readonly string[]
  readonly presentedLockId: LockId | ''
  readonly correlationId: string
  readonly content: StoredBlob
  /** What it was made from, if anybody knows. */
  readonly base: Base | undefined
  readonly tokenId: TokenId
  /** The product that sent it: such a one may keep it as well, and bring it back. */
  readonly family: string
  /** The last save of a session. */
  readonly isExitSave: boolean
}

export interface KeptSave {
  readonly itemId: string
  /** The person's oldest items, which had to make room. */
  readonly displaced: readonly string[]
}

/**
 * A client that is refused for ever must not fill the disk, nor keep anybody else's work from being kept: past these
 * limits a person's oldest items make room for their newest, which has the most work in it. Nobody displaces another's.
 */
const MAX_OF_A_PERSON = {
  onOneFile: { items: 100, bytes: 10 * 1024 ** 3 },
  inAll: { items: 500, bytes: 20 * 1024 ** 3 },
} as const

/**
 * No row when the same bytes are the head, or are kept already: Word repeats a refused save every 30 s. Nor when the
 * file was purged from the bin meanwhile, which is waited for.
 * $1 id, $2 file, $3 reason, $4 user, $5 editors, $6 lock id, $7 correlation id, $8 blob, $9 size, $10 sha256,
 * $11 base version, $12 base timestamp, $13 token, $14 family, $15 exit save
 */
const KEEP: Statement<
  { id: string },
  [
    string,
    FileId,
    string,
    UserId,
    readonly string[],
    LockId | '',
    string,
    string,
    number,
    string,
    string | null,
    string | null,
    TokenId,
    string,
    boolean,
  ]
> = {
  name: 'keep-refused-save',
  text: `
    insert into recovery_item (id, file_id, reason, user_id, editors, presented_lock_id, correlation_id, blob, size,
      sha256, base_version, base_modified_at, token_id, family, exit_save)
    select $1, f.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 from file f where f.id = $2 and f.sha256 <> $10
      for key share
    on conflict (file_id, sha256) where resolved_at is null do nothing
    returning id`,
}

/** What a session that could not save did keep on sending, and sent last of all. $1 file, $2 sha256, $3 token, $4 family */
const KEPT_AT_EXIT: Statement<Record<string, never>, [FileId, string, TokenId, string]> = {
  name: 'kept-at-exit',
  text: `
    update recovery_item set exit_save = true, token_id = $3, family = $4
    where file_id = $1 and sha256 = $2 and resolved_at is null and not exit_save`,
}

/**
 * Never the one that was just kept. The blob collector takes the bytes. What another save is displacing is left to it:
 * two that wait for each other's rows are a deadlock, and a third that waits for them holds a connection. An array of
 * ids, of which there is mostly none: as a join it is planned to compare each of a person's items with each.
 * $1 user, $2 the new item, $3–$6 most items and bytes on one file, in all
 */
const MAKE_ROOM: Statement<{ id: string }, [UserId, string, number, number, number, number]> = {
  name: 'displace-refused-saves',
  text: `
    with mine as (
      select id,
        row_number() over one_file as file_items, sum(size) over one_file as file_bytes,
        row_number() over everything as items, sum(size) over everything as bytes
      from recovery_item where user_id = $1 and resolved_at is null
      window one_file as (partition by file_id order by id = $2 desc, at desc, id),
        everything as (order by id = $2 desc, at desc, id)
    ), displaced as (
      select id from recovery_item
      where resolved_at is null and id = any (array(
        select id from mine
        where id <> $2 and (file_items > $3::int or file_bytes > $4::bigint or items > $5::int or bytes > $6::bigint)))
      for no key update skip locked
    )
    update recovery_item set resolved_at = clock_timestamp(), resolution = 'discarded' from displaced
    where recovery_item.id = displaced.id
    returning recovery_item.id`,
}

/** The bytes of saves that had to be refused: other people's edits are in them (RELIABILITY-SECURITY.md §3.4). */
@Injectable()
export class RecoveryService {
  constructor(private readonly database: Database) {}

  /** @returns the new item and which older ones made room for it, or 'already-safe' when these bytes are the head or kept already */
  async keep(tx: Tx, save: RefusedSave): Promise<KeptSave | 'already-safe'> {
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
      save.base?.version ?? null,
      save.base?.modifiedAt ?? null,
      save.tokenId,
      save.family,
      save.isExitSave,
    ])
    if (!row) {
      if (save.isExitSave) await tx.query(KEPT_AT_EXIT, [save.fileId, sha256, save.tokenId, save.family])
      return 'already-safe'
    }
    const { onOneFile, inAll } = MAX_OF_A_PERSON
    const displaced = await tx.query(MAKE_ROOM, [
      save.userId,
      row.id,
      onOneFile.items,
      onOneFile.bytes,
      inAll.items,
      inAll.bytes,
    ])
    return { itemId: row.id, displaced: displaced.map(({ id }) => id) }
  }

  /** Open items, oldest first. */
  async list(fileId: FileId): Promise<RecoveryItem[]> {
    return this.database.dataSource.manager.find(RecoveryItem, {
      where: { fileId, resolvedAt: IsNull() },
      order: { at: 'ASC', id: 'ASC' },
    })
  }

  async find(fileId: FileId, itemId: string): Promise<RecoveryItem | undefined> {
    const where = { id: itemId, fileId, resolvedAt: IsNull() }
    return (await this.database.dataSource.manager.findOneBy(RecoveryItem, where)) ?? undefined
  }

  /** Holds an open item until `tx` ends, so that it is resolved once. */
  async lock(tx: Tx, fileId: FileId, itemId: string): Promise<RecoveryItem | undefined> {
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
