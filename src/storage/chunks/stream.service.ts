import { Injectable } from '@nestjs/common'
import { Database, type Tx } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import {
  type ContentProperty,
  MAIN_CONTENT,
  MAX_CHUNKS_OF_STREAM,
  MAX_CONTENT_PROPERTIES,
  MAX_STREAMS,
} from '../../incremental/messages.js'
import type { StoredBlob } from '../blobs/blob-store.js'
import type { Composed } from './content-assembler.js'
import {
  BINNED_STATE,
  COUNT_PARTS,
  DELETE_STREAMS,
  FILE_STATE,
  PUT_PROPERTIES,
  PUT_STREAMS,
} from './stream.statements.js'

/** Everything that a file's content consists of, at one moment. */
export interface FileState {
  readonly version: string
  readonly sequenceNumber: number
  readonly sha256: string
  /** The main content and the alternate streams, by StreamId. */
  readonly streams: ReadonlyMap<string, StoredBlob>
  readonly properties: readonly ContentProperty[]
}

/** Alternate streams and content properties (WOPI.md §13.1). What else moves the head drops them in move_head.sql. */
@Injectable()
export class StreamService {
  constructor(private readonly database: Database) {}

  async state(fileId: FileId): Promise<FileState | undefined> {
    return this.read(FILE_STATE, fileId)
  }

  /** Of a deleted file: for keeping what somebody still saves. */
  async stateInBin(fileId: FileId): Promise<FileState | undefined> {
    return this.read(BINNED_STATE, fileId)
  }

  private async read(statement: typeof FILE_STATE, fileId: FileId): Promise<FileState | undefined> {
    const [row] = await this.database.query(statement, [fileId])
    if (!row) return undefined
    const main = { blob: row.blob, size: Number(row.size), sha256: row.sha256 }
    const others = row.streams.map(
      ({ stream_id: id, content, size, sha256 }) => [id, { blob: content, size, sha256 }] as const,
    )
    return {
      version: row.version,
      sequenceNumber: row.sequence_number,
      sha256: row.sha256,
      streams: new Map([[MAIN_CONTENT, main], ...others]),
      properties: row.properties,
    }
  }

  /**
   * The caller holds the head.
   * @returns false when the file has too many of either then; the caller rolls back
   */
  async change(
    tx: Tx,
    fileId: FileId,
    {
      put,
      gone,
      properties,
    }: {
      readonly put: readonly Composed[]
      readonly gone: readonly string[]
      readonly properties: readonly ContentProperty[]
    },
  ): Promise<boolean> {
    if (gone.length > 0) await tx.query(DELETE_STREAMS, [fileId, gone])
    if (put.length > 0) {
      await tx.query(PUT_STREAMS, [
        fileId,
        put.map(({ streamId }) => streamId),
        put.map(({ blob }) => blob),
        put.map(({ size }) => size),
        put.map(({ sha256 }) => sha256),
      ])
    }
    if (properties.length > 0) {
      await tx.query(PUT_PROPERTIES, [
        fileId,
        properties.map(({ Name }) => Name),
        properties.map(({ Value }) => Value),
        properties.map(({ Retention }) => Retention),
      ])
    }
    if (put.length + properties.length === 0) return true
    const [count] = await tx.query(COUNT_PARTS, [fileId])
    return (
      count !== undefined &&
      count.streams < MAX_STREAMS &&
      count.properties <= MAX_CONTENT_PROPERTIES &&
      // An answer names them all: a few small puts must not make one that nobody can send.
      count.chunks <= MAX_CHUNKS_OF_STREAM
    )
  }
}
