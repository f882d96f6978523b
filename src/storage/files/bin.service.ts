import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { Database, type Queryable, type Tx } from '../../database/database.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import {
  BIN_CLOCK,
  FIND_IN_BIN,
  HOLD_BIN_OF_OWNER,
  HOLD_DUE,
  HOLD_IN_BIN,
  LIST_BIN,
  LIST_BIN_OF,
  PURGE,
  RESTORE_FROM_BIN,
  type BinnedRow,
} from './bin.statements.js'
import { nameKey } from './file-name.js'
import { freeName } from './free-name.js'
import { withFreeName } from './name-race.js'
import { NameTaken } from '../storage-errors.js'

/** A file that was deleted and can be had back. */
export interface BinnedFile {
  readonly id: FileId
  readonly name: string
  readonly size: number
  readonly version: string
  readonly ownerId: UserId
  readonly sha256: string
  /** Where it was deleted from; `containerName` is null when that was deleted as well. */
  readonly containerId: ContainerId
  readonly containerName: string | null
  readonly deletedAt: Date
  readonly deletedBy: UserId | null
  readonly purgeAfter: Date
  /** How many open ones there are. */
  readonly recoveryItems: number
}

export interface BinCursor {
  readonly deletedAt: string
  readonly id: FileId
}

export interface Purged {
  readonly id: FileId
  /** For the audit: nothing else will know it any more. */
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Deleted files, until somebody restores them or their time is over. They have no name in any container, no lock row, and
 * no call but those of the bin knows them; grants, versions and recovery items stay with them.
 */
@Injectable()
export class Bin {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  /** @param of whose bin; undefined: everybody's */
  async list(
    of: UserId | undefined,
    owner: UserId | undefined,
    before: BinCursor | undefined,
    limit: number,
  ): Promise<{ file: BinnedFile; cursor: BinCursor }[]> {
    if (of !== undefined) return this.listOf(of, owner, before, limit)
    const rows = await this.database.query(LIST_BIN, [
      this.settings.binRetentionDays,
      owner ?? null,
      before?.deletedAt ?? null,
      before?.id ?? null,
      limit,
    ])
    return rows.map((row) => ({ file: binnedOf(row), cursor: cursorOf(row) }))
  }

  private async listOf(
    of: UserId,
    owner: UserId | undefined,
    before: BinCursor | undefined,
    limit: number,
  ): Promise<{ file: BinnedFile; cursor: BinCursor }[]> {
    const files: { file: BinnedFile; cursor: BinCursor }[] = []
    for (let from = before; ;) {
      const rows = await this.database.query(LIST_BIN_OF, [
        of,
        owner ?? null,
        from?.deletedAt ?? null,
        from?.id ?? null,
        limit,
        this.settings.binRetentionDays,
      ])
      for (const row of rows) {
        from = cursorOf(row)
        if (row.rank === 3) files.push({ file: binnedOf(row), cursor: from })
      }
      if (files.length >= limit || rows.length < limit) return files.slice(0, limit)
    }
  }

  async find(fileId: FileId, on: Queryable = this.database): Promise<BinnedFile | undefined> {
    const [row] = await on.query(FIND_IN_BIN, [this.settings.binRetentionDays, fileId])
    return row && binnedOf(row)
  }

  /** Holds the file until `tx` ends. @returns false when it is not in the bin (any more) */
  async lockForUpdate(tx: Tx, fileId: FileId): Promise<boolean> {
    return (await tx.query(HOLD_IN_BIN, [fileId])).length === 1
  }

  /** By the clock that dates deletions. */
  async now(): Promise<string> {
    const [row] = await this.database.query(BIN_CLOCK, [])
    if (!row) throw new Error('PostgreSQL did not say what time it is')
    return row.now
  }

  /** What was deleted until `deletedBefore` and belongs to `owner`, as much as one transaction should purge. */
  async lockOwned(tx: Tx, owner: UserId, deletedBefore: string, limit: number): Promise<FileId[]> {
    return (await tx.query(HOLD_BIN_OF_OWNER, [owner, deletedBefore, limit])).map(({ id }) => id)
  }

  /** What has been in the bin for longer than BIN_RETENTION_DAYS. */
  async lockDue(tx: Tx, limit: number): Promise<FileId[]> {
    return (await tx.query(HOLD_DUE, [this.settings.binRetentionDays, limit])).map(({ id }) => id)
  }

  /** Puts a held file into a container, under its name or the next numbered one that is free there. */
  async restore(
    tx: Tx,
    { id, name }: Pick<BinnedFile, 'id' | 'name'>,
    containerId: ContainerId,
  ): Promise<void> {
    await withFreeName(async () => {
      const free = await freeName(tx, 'file', containerId, name)
      const rows = await tx.query(RESTORE_FROM_BIN, [id, containerId, free, nameKey(free)])
      if (rows.length === 0) throw new NameTaken(free)
    })
  }

  /** For good, with versions, recovery items, streams, sessions and grants. The caller holds the files. */
  async purge(tx: Tx, fileIds: readonly FileId[]): Promise<Purged[]> {
    if (fileIds.length === 0) return []
    const rows = await tx.query(PURGE, [fileIds])
    return rows.map(({ id, name, owner_id: ownerId, size, version, deleted_at, deleted_by }) => ({
      id,
      detail: { name, ownerId, size: Number(size), version, deletedAt: deleted_at, deletedBy: deleted_by },
    }))
  }
}

function cursorOf(row: BinnedRow): BinCursor {
  return { deletedAt: row.cursor, id: row.id }
}

function binnedOf(row: BinnedRow): BinnedFile {
  return {
    id: row.id,
    name: row.name,
    size: Number(row.size),
    version: row.version,
    ownerId: row.owner_id,
    sha256: row.sha256,
    containerId: row.container_id,
    containerName: row.container_name,
    deletedAt: row.deleted_at,
    deletedBy: row.deleted_by,
    purgeAfter: row.purge_after,
    recoveryItems: row.recovery_items,
  }
}
