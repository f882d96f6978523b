import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { Downloads } from '../../http/downloads.js'
import type { FileId } from '../../ids/ids.js'
import { MISSING_STREAM } from '../../incremental/chunking.js'
import {
  messageFrame,
  type OutgoingFrame,
  sizeOfFrames,
  writeFrames,
} from '../../incremental/frame-writer.js'
import { type StreamSignature, signatureOf } from '../../incremental/messages.js'
import type { OpenBlobs } from '../../storage/blobs/blob-ranges.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import type { PlacedChunk } from '../../storage/chunks/chunk-checks.js'
import { type ChunkList, ChunkLists } from '../../storage/chunks/chunk-lists.js'
import { type FileState, StreamService } from '../../storage/chunks/stream.service.js'
import { downloaderOf } from '../files/downloader.js'
import type { WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Some streams of a file at one moment: how they are reported, and where their chunks lie. */
export interface ReportedStreams {
  readonly state: FileState
  readonly signatures: readonly StreamSignature[]
  readonly chunks: ReadonlyMap<string, PlacedChunk>
}

/** As much is checked before an answer starts, rather than while it is sent. */
const CHECKED_BEFORE_BYTES = 1024 ** 2

/** A frame to send, and the bytes that it carries: some, or all, of a chunk's. */
export interface Sending {
  readonly chunk: PlacedChunk
  readonly part: { readonly offset: number; readonly length: number }
  readonly frame: (payload: AsyncIterable<Buffer>) => OutgoingFrame
}

/** What GetChunkedFile and GetChunks share: reading streams, and answering in frames (WOPI.md §13.6, §13.8). */
@Injectable()
export class FileStreams {
  constructor(
    private readonly streams: StreamService,
    private readonly lists: ChunkLists,
    private readonly blobs: BlobStore,
    private readonly downloads: Downloads,
  ) {}

  /** @throws WopiError */
  async report(fileId: FileId, streamIds: readonly string[]): Promise<ReportedStreams> {
    const state = await this.streams.state(fileId)
    if (!state) throw new WopiError('no-such-file', 'the file was deleted meanwhile')
    const signatures: StreamSignature[] = []
    const chunks = new Map<string, PlacedChunk>()
    for (const streamId of streamIds) {
      const list = await this.listOf(state, streamId)
      for (const chunk of list?.chunks ?? []) chunks.set(chunk.id, chunk)
      signatures.push(signature(streamId, list))
    }
    return { state, signatures, chunks }
  }

  /**
   * Reads no more than what it sends, while it sends it: each chunk is compared with its id before its last byte goes.
   * @throws ContentDamaged when a blob is gone, or found to be wrong already: before the answer starts, so that it is a
   *   500 and not a broken download
   */
  async answer(
    request: WopiRequest,
    { version, sequenceNumber }: FileState,
    message: object,
    chunks: readonly Sending[],
  ): Promise<Answer> {
    await this.blobs.require(chunks.map(({ chunk }) => chunk))
    const open = this.blobs.opened()
    await this.checkFirst(open, chunks)
    const payload = ({ chunk, part }: Sending): AsyncIterable<Buffer> =>
      this.blobs.chunks.pieces(open, chunk, part)
    const frames = [messageFrame(message), ...chunks.map((one) => one.frame(payload(one)))]
    const headers = {
      'Content-Type': 'application/octet-stream',
      'X-WOPI-SequenceNumber': sequenceNumber,
      'X-WOPI-ItemVersion': version,
    }
    async function* body(): AsyncGenerator<Buffer, void, undefined> {
      try {
        yield* writeFrames(frames)
      } finally {
        await open.close()
      }
    }
    const counted = await this.downloads.body(downloaderOf(request), () => Promise.resolve(body()))
    return new Answer(200, headers, counted, sizeOfFrames(frames))
  }

  /** What is small, or lies where something was damaged. */
  private async checkFirst(open: OpenBlobs, sending: readonly Sending[]): Promise<void> {
    let bytes = 0
    try {
      for (const { chunk } of sending) {
        if (this.blobs.chunks.isGood(chunk)) continue
        bytes += chunk.length
        if (bytes <= CHECKED_BEFORE_BYTES || this.blobs.checks.damages.has(chunk.blob))
          await this.blobs.chunks.check(open, chunk)
      }
    } catch (error) {
      await open.close()
      throw error
    }
  }

  private async listOf(state: FileState, streamId: string): Promise<ChunkList | undefined> {
    const content = state.streams.get(streamId)
    return content && (await this.lists.of(content))
  }
}

function signature(streamId: string, list: ChunkList | undefined): StreamSignature {
  if (!list) return signatureOf(streamId, MISSING_STREAM)
  const chunks = list.chunks.map(({ id, length }) => ({ id, offset: 0, length }))
  return signatureOf(streamId, { scheme: list.scheme, chunks })
}
