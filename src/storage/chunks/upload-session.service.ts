import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { Database, type Tx } from '../../database/database.js'
import type { FileId, UserId } from '../../ids/ids.js'
import type { BlobRange } from '../blobs/blob-ranges.js'
import type { StoredBlob } from '../blobs/blob-store.js'
import {
  APPEND_PART,
  CREATE_SESSION,
  DELETE_SESSION,
  SESSION_PARTS,
  SESSION_SIZE,
} from './upload-session.statements.js'

/** Whose session of which file; nobody else's token for it is one. */
export interface SessionKey {
  readonly token: string
  readonly fileId: FileId
  readonly userId: UserId
}

/** Uploads that come in several requests (WOPI.md §13.9): the bytes are blobs, and only their order is kept here. */
@Injectable()
export class UploadSessions {
  constructor(private readonly database: Database) {}

  async create(fileId: FileId, userId: UserId): Promise<string> {
    const token = randomBytes(32).toString('hex')
    await this.database.query(CREATE_SESSION, [token, fileId, userId])
    return token
  }

  /** @returns the bytes received so far; undefined when there is no such session, or not any more */
  async size({ token, fileId, userId }: SessionKey): Promise<number | undefined> {
    const [row] = await this.database.query(SESSION_SIZE, [token, fileId, userId])
    return row && Number(row.size)
  }

  /** @returns the bytes received by now; undefined when the session is gone, or stands elsewhere than at `start` */
  async append(
    { token, fileId, userId }: SessionKey,
    start: number,
    { blob, size }: StoredBlob,
  ): Promise<number | undefined> {
    const [row] = await this.database.query(APPEND_PART, [token, fileId, userId, start, size, blob])
    return row && Number(row.size)
  }

  /** What was received; undefined when there is no such session, or not any more. */
  async ranges(key: SessionKey): Promise<BlobRange[] | undefined> {
    if ((await this.size(key)) === undefined) return undefined
    const rows = await this.database.query(SESSION_PARTS, [key.token, key.fileId, key.userId])
    return rows.map(({ blob, length }) => ({ blob, start: 0, length: Number(length) }))
  }

  async end(tx: Tx, token: string): Promise<void> {
    await tx.query(DELETE_SESSION, [token])
  }
}
