import { Injectable } from '@nestjs/common'
import type { Answer } from '../../http/answer.js'
import { chunksToSend } from '../../incremental/chunk-selection.js'
import { type GetChunkedFileAnswer, getChunkedFileRequest } from '../../incremental/messages.js'
import { FileStreams } from './file-streams.js'
import { question } from './frames-body.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { ReadAudit } from '../files/read-audit.js'

/** WOPI.md §13.6: signatures of streams, and those of their chunks that the client does not have. */
@Injectable()
export class GetChunkedFile implements Operation {
  readonly name = 'GetChunkedFile'
  readonly needs = 'read'
  readonly extension = 'plus'

  constructor(
    private readonly streams: FileStreams,
    private readonly audit: ReadAudit,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const asked = await question(request, getChunkedFileRequest)
    const filters = asked.ContentFilters
    const { state, signatures, chunks } = await this.streams.report(
      request.access.file.id,
      filters.map(({ StreamId }) => StreamId),
    )
    const wanted = new Set(asked.ContentPropertiesToReturn)
    const message: GetChunkedFileAnswer = {
      ContentProperties: state.properties.filter(({ Name }) => wanted.has(Name)),
      Signatures: signatures,
    }
    const sending = chunksToSend(filters, signatures).flatMap((id) => {
      const chunk = chunks.get(id)
      if (!chunk) return []
      const { length } = chunk
      return [
        {
          chunk,
          part: { offset: 0, length },
          frame: (payload: AsyncIterable<Buffer>) => ({ kind: 'chunk', id, length, payload }) as const,
        },
      ]
    })
    await this.audit.reads(request)
    return this.streams.answer(request, state, message, sending)
  }
}
