import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { type ChunkedContent, ChunkedContents } from '../../saving/chunked-content.js'
import type { IncomingSave } from '../../saving/incoming-save.js'
import { type ChunkedHeaders, type ChunkedOutcome, ChunkedSaves } from '../../saving/put-chunked-file.js'
import type { RightRefused } from '../../saving/save-permission.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import type { SaveOperation, WopiRequest } from '../protocol/operation.js'
import { readPut } from '../saves/put-headers.js'
import { refusedForRight } from '../saves/refused-right.js'
import { ChunkedPutHeaderReader } from './chunked-put-headers.js'
import { ChunkedPuts } from './chunked-put.js'
import { chunkedRefusal } from './chunked-refusals.js'

type ReceivedChunks = ChunkedContent & { readonly headers: ChunkedHeaders }

/** Some chunks of a document, of which the rest is here already (WOPI.md §13.7). */
@Injectable()
export class PutChunkedFile implements SaveOperation {
  readonly name = 'PutChunkedFile'
  readonly needs = 'save'
  readonly extension = 'plus'

  constructor(
    private readonly headers: ChunkedPutHeaderReader,
    private readonly puts: ChunkedPuts,
    private readonly saves: ChunkedSaves,
    private readonly contents: ChunkedContents,
    private readonly presenceReporter: PresenceReporter,
  ) {}

  save(request: WopiRequest): IncomingSave<ChunkedOutcome, Answer, ChunkedContent, ReceivedChunks> {
    const { access } = request
    return {
      access,
      headers: readPut(request).headers,
      receive: async () => {
        const headers = await this.headers.read(request)
        return { ...(await this.puts.receive(request)), headers }
      },
      // A body that cannot be read either is no reason to say anything else.
      receiveRefused: () => this.puts.receive(request).catch(() => undefined),
      decide: (put, terms) => this.saves.save({ access, headers: put.headers, put, terms }),
      contentToKeep: (put) => this.contents.mainContent(access.file.id, put),
      answer: (outcome) => this.answer(request, outcome),
    }
  }

  private answer(request: WopiRequest, outcome: ChunkedOutcome | RightRefused): Answer {
    if (outcome.kind === 'saved') {
      this.presenceReporter.saved(request, outcome)
      return new Answer(200, {
        'X-WOPI-SequenceNumber': outcome.sequenceNumber,
        'X-WOPI-ItemVersion': outcome.version,
      })
    }
    const { reason } = outcome
    if (reason !== undefined && reason !== 'file-deleted') this.presenceReporter.saveRefused(request, reason)
    if (outcome.kind === 'right-refused') throw refusedForRight(outcome)
    return chunkedRefusal(outcome)
  }
}
