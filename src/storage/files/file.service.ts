import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { Database, type Queryable, type Tx } from '../../database/database.js'
import { EventLog } from '../../events/event-log.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import type { StoredBlob } from '../blobs/blob-store.js'
import type { ComparedBlob, Committed } from '../blobs/twins.js'
import type { VersionCause, VersionFlag } from '../versions/file-version.entity.js'
import { nameKey } from './file-name.js'
import {
  CREATE_FILE,
  DELETE_FILE,
  FIND_BY_NAME,
  GET_HEAD,
  KEEP_FILE,
  LIST_FILES,
  LOCK_HEAD,
  MOVE_HEAD,
  RENAME_FILE,
  type HeadMoved,
  type HeadRow,
} from './file.statements.js'
import { freeName } from './free-name.js'
import { withFreeName } from './name-race.js'
import { NameTaken, orNoSuchContainer } from '../storage-errors.js'

/** A file's current content. */
export interface Head {
  readonly id: FileId
  readonly name: string
  readonly containerId: ContainerId
  readonly ownerId: UserId
  readonly version: string
  readonly sequenceNumber: number
  readonly size: number
  readonly sha256: string
  readonly blob: string
  /** ISO 8601 UTC with microseconds */
  readonly modifiedAt: string
  readonly modifiedBy: UserId
}

export interface HeldHead extends Head {
  /** What was refused at the end of a session may come back with the next save (`takeBack`). */
  readonly mayReturn: boolean
}

/** Who made a content, and why it came to be. */
export interface Authorship {
  readonly author: UserId
  /** Everybody whose changes are in it, as far as the editor said so. */
  readonly editors: readonly string[]
  readonly cause: VersionCause
  /** For people who look at the history. */
  readonly flag?: VersionFlag
  /** Of the lock under which it was saved, if under one; and the editor, if the token was issued for one. */
  readonly lockEpoch?: string | undefined
  readonly editor?: string | undefined
  readonly correlationId: string
}

export interface NewFile {
  readonly containerId: ContainerId
  readonly name: string
  readonly owner: UserId
  readonly content: StoredBlob
  readonly correlationId: string
}

/** Where a page of a listing goes on. */
export interface FileCursor {
  readonly createdAt: string
  readonly id: FileId
}

/** Files and their heads. Content moves only inside a transaction that holds the head. */
@Injectable()
export class FileService {
  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
  ) {}

  async head(fileId: FileId): Promise<Head | undefined> {
    const [row] = await this.database.query(GET_HEAD, [fileId])
    return row && headOf(row)
  }

  /** Holds the file row until `tx` ends. Always taken before the lock row, so that no two transactions deadlock. */
  async lockHead(tx: Tx, fileId: FileId): Promise<HeldHead | undefined> {
    const [row] = await tx.query(LOCK_HEAD, [fileId])
    return row && { ...headOf(row), mayReturn: row.may_return }
  }

  /** Waits for no save, and no save for it. @returns whether the file is there */
  async lockForShare(tx: Tx, fileId: FileId): Promise<boolean> {
    return (await tx.query(KEEP_FILE, [fileId])).length === 1
  }

  /**
   * Makes `content` the file's head and a version of its own, the same bytes as the head's, too. The
   * head's blob stays where it was seen to have them (`Twins`).
   * The caller holds `head` through `lockHead` in the same transaction. What PutChunkedFile brings, cause `chunked`,
   * leaves streams and properties to the caller, who changes them in the same transaction (WOPI.md §13.7).
   * @returns the head as it is then
   */
  async commit(
    tx: Tx,
    head: Head,
    content: ComparedBlob,
    by: Authorship,
  ): Promise<{ head: Head } & Committed> {
    const { twin, size, sha256 } = content
    const unused = twin !== undefined && twin.isGood && twin.blob === head.blob
    const blob = unused ? head.blob : content.blob
    const moved = await this.move(tx, head, { ...content, blob }, by)
    const isRepeated = size === head.size && sha256 === head.sha256
    const modifiedBy = isRepeated ? head.modifiedBy : by.author
    const { version, modified_at: modifiedAt, sequence_number: sequenceNumber } = moved
    return {
      head: { ...head, version, sequenceNumber, blob, size, sha256, modifiedAt, modifiedBy },
      unused,
    }
  }

  private async move(
    tx: Tx,
    head: Head,
    { blob, size, sha256, kind }: StoredBlob,
    { author, editors, cause, flag, lockEpoch, editor, correlationId }: Authorship,
  ): Promise<HeadMoved> {
    const [row] = await tx.query(MOVE_HEAD, [
      head.id,
      blob,
      size,
      sha256,
      author,
      editors,
      cause,
      correlationId,
      flag ?? null,
      lockEpoch ?? null,
      editor ?? null,
      kind ?? null,
    ])
    if (!row) throw new Error('the head vanished while its row was held')
    if (row.former_kind !== null) await this.tellOfKind(tx, head, author, row)
    return row
  }

  /**
   * A document that has become something else is often an editor's accident: its owner is told, and where to find what
   * it was, which stays listed (version-listing.ts). What follows in the transaction is under the head's row alone, so
   * that nobody waits in a circle for the log's turn.
   */
  private async tellOfKind(
    tx: Tx,
    head: Head,
    userId: UserId,
    { version, kind, former_kind: formerKind }: Pick<HeadMoved, 'version' | 'kind' | 'former_kind'>,
  ): Promise<void> {
    const detail = { version, kind, formerVersion: head.version, formerKind, ownerId: head.ownerId }
    await this.events.append(tx, [{ kind: 'kind-changed', fileId: head.id, userId, detail }])
  }

  /** @throws NameTaken, NoSuchContainer */
  async create(on: Queryable, file: NewFile): Promise<Head> {
    const { containerId, name, owner, content, correlationId } = file
    const [row] = await orNoSuchContainer(() =>
      on.query(CREATE_FILE, [
        randomBytes(16).toString('hex') as FileId,
        containerId,
        name,
        nameKey(name),
        owner,
        content.blob,
        content.size,
        content.sha256,
        'upload',
        correlationId,
        content.kind ?? null,
      ]),
    )
    if (!row) throw new NameTaken(name)
    return headOf(row)
  }

  /** Creates under the name, or the next numbered one that is free. */
  async createNumbered(on: Queryable, file: NewFile): Promise<Head> {
    return withFreeName(async () => {
      const name = await freeName(on, 'file', file.containerId, file.name)
      return this.create(on, { ...file, name })
    })
  }

  /** Renames a held file to `name` or the next numbered one that is free. @returns the name it got */
  async renameNumbered(
    tx: Tx,
    file: Pick<Head, 'id' | 'name' | 'containerId'>,
    name: string,
  ): Promise<string> {
    return withFreeName(async () => {
      const free = await freeName(tx, 'file', file.containerId, name, file.name)
      const [row] = await tx.query(RENAME_FILE, [file.id, free, nameKey(free)])
      if (!row) throw new NameTaken(free)
      return free
    })
  }

  /** For whoever was told that a name is taken. */
  async freeName(containerId: ContainerId, name: string): Promise<string> {
    return freeName(this.database, 'file', containerId, name)
  }

  async findByName(containerId: ContainerId, name: string): Promise<FileId | undefined> {
    const [row] = await this.database.query(FIND_BY_NAME, [containerId, nameKey(name)])
    return row?.id
  }

  /** Into the bin. The caller holds the head. */
  async delete(tx: Tx, fileId: FileId, by: UserId): Promise<boolean> {
    return (await tx.query(DELETE_FILE, [fileId, by])).length === 1
  }

  /** Own and shared files, oldest first; `rank` is the person's live right to each. */
  async list(
    userId: UserId,
    after: FileCursor | undefined,
    limit: number,
  ): Promise<{ head: Head; rank: number; cursor: FileCursor }[]> {
    const files: { head: Head; rank: number; cursor: FileCursor }[] = []
    for (let from = after; ;) {
      const rows = await this.database.query(LIST_FILES, [
        userId,
        from?.createdAt ?? null,
        from?.id ?? null,
        limit,
      ])
      for (const row of rows) {
        from = { createdAt: row.created_at, id: row.id }
        if (row.rank > 0) files.push({ head: headOf(row), rank: row.rank, cursor: from })
      }
      if (files.length >= limit || rows.length < limit) return files.slice(0, limit)
    }
  }
}

function headOf(row: HeadRow): Head {
  return {
    id: row.id,
    name: row.name,
    containerId: row.container_id,
    ownerId: row.owner_id,
    version: row.version,
    sequenceNumber: row.sequence_number,
    size: Number(row.size),
    sha256: row.sha256,
    blob: row.blob,
    modifiedAt: row.modified_at,
    modifiedBy: row.modified_by,
  }
}
