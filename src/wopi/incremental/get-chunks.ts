import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { rangesToSend } from '../../incremental/chunk-selection.js'
import { type GetChunksAnswer, getChunksRequest } from '../../incremental/messages.js'
import { FileStreams, type Sending } from './file-streams.js'
import { question } from './frames-body.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { ReadAudit } from '../files/read-audit.js'

/** WOPI.md §13.8: parts of chunks, for a download that is taken up again. */
@Injectable()
export class GetChunks implements Operation {
  readonly name = 'GetChunks'
  readonly needs = 'read'
  readonly extension = 'plus'

  constructor(
    private readonly streams: FileStreams,
    private readonly audit: ReadAudit,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const filters = (await question(request, getChunksRequest)).ContentFilters
    const { state, signatures, chunks } = await this.streams.report(
      request.access.file.id,
      filters.map(({ StreamId }) => StreamId),
    )
    const sending: Sending[] = []
    const collection: GetChunksAnswer['ChunkRangeCollection'][number][] = []
    for (const [index, filter] of filters.entries()) {
      const signature = signatures[index]
      const ranges = signature ? rangesToSend(filter, signature) : []
      collection.push({ StreamId: filter.StreamId, ChunkIds: [...new Set(ranges.map(({ id }) => id))] })
      for (const range of ranges) {
        const chunk = chunks.get(range.id)
        if (!chunk) continue
        sending.push({
          chunk,
          part: range,
          frame: (payload) => ({ kind: 'range', ...range, payload }),
        })
      }
    }
    const message: GetChunksAnswer = { ChunkRangeCollection: collection }
    await this.audit.reads(request)
    return this.streams.answer(request, state, message, sending)
  }
}
