import { Injectable } from '@nestjs/common'
import { Answer, headerText } from '../../http/answer.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import type { RecoveryReason } from '../../storage/recovery/recovery-item.entity.js'
import { type ChunkedPutHeaders, ChunkedPutHeaderReader } from './chunked-put-headers.js'
import { type ChunkedPut, ChunkedPuts } from './chunked-put.js'
import { type ChunkedOutcome, ChunkedSaveService } from './chunked-save.service.js'
import { chunkedRefusal, reasonToKeep } from './chunked-refusals.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { readPut } from '../saves/put-headers.js'
import { RefusedSaves } from '../saves/refused-saves.service.js'
import { RevocationGrace } from '../saves/revocation-grace.service.js'
import { checkSavePermission, refusedForRight, type RightRefusal } from '../saves/save-permission.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { WopiError } from '../protocol/wopi-error.js'

/** WOPI.md §13.7. Keeps the main content of what is refused for good, as PutFile does (RELIABILITY-SECURITY.md §3.4). */
@Injectable()
export class PutChunkedFile implements Operation {
  readonly name = 'PutChunkedFile'
  readonly needs = 'save'
  readonly extension = 'plus'

  constructor(
    private readonly headers: ChunkedPutHeaderReader,
    private readonly puts: ChunkedPuts,
    private readonly saves: ChunkedSaveService,
    private readonly refusedSaves: RefusedSaves,
    private readonly grace: RevocationGrace,
    private readonly presenceReporter: PresenceReporter,
    private readonly blobs: BlobStore,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const refusal = checkSavePermission(request.access)
    if (refusal && !(refusal === 'permission-revoked' && this.grace.isOffered))
      return this.refuseUnasked(request, refusal)
    const headers = await this.headers.read(request)
    const put = await this.puts.receive(request)
    const outcome = await this.saves.decide(request.access, headers, put)
    return this.answerTo(request, headers, put, outcome)
  }

  private async answerTo(
    request: WopiRequest,
    headers: ChunkedPutHeaders,
    put: ChunkedPut,
    outcome: ChunkedOutcome,
  ): Promise<Answer> {
    switch (outcome.kind) {
      case 'saved':
        this.presenceReporter.saved(request, outcome)
        return new Answer(200, {
          'X-WOPI-SequenceNumber': outcome.sequenceNumber,
          'X-WOPI-ItemVersion': outcome.version,
        })
      case 'no-such-file':
        await this.keep(request, put, 'file-deleted')
        throw refusedForRight('file-deleted')
      case 'too-many-parts': {
        await this.forget(put)
        const reason =
          'the file would have more than 256 alternate streams or content properties, or too many chunks in them'
        throw new WopiError('body-invalid', reason, { 'X-WOPI-FailureReason': headerText(reason) })
      }
      case 'right-lost':
        await this.keep(request, put, outcome.reason)
        throw refusedForRight(outcome.reason)
      case 'refused': {
        const reason = reasonToKeep(outcome.decision)
        await (reason === undefined ? this.forget(put) : this.keep(request, put, reason))
        return chunkedRefusal(outcome)
      }
    }
  }

  /** The token alone refuses it; a body that cannot be read either is no reason to say anything else. */
  private async refuseUnasked(request: WopiRequest, reason: RightRefusal): Promise<Answer> {
    const put = await this.puts.receive(request).catch(() => undefined)
    if (put) await this.keep(request, put, reason)
    throw refusedForRight(reason)
  }

  private async keep(request: WopiRequest, put: ChunkedPut, reason: RecoveryReason): Promise<void> {
    const content = await this.saves.mainContent(request.access.file.id, put)
    const refused = content && ({ kind: 'refused', reason, content } as const)
    const { headers } = readPut(request)
    const isKept = refused !== undefined && (await this.refusedSaves.keep(request.access, headers, refused))
    if (!isKept) await this.forget(put)
    if (reason !== 'file-deleted') this.presenceReporter.saveRefused(request, reason)
  }

  private async forget({ sent }: ChunkedPut): Promise<void> {
    if (sent.pack) await this.blobs.remove(sent.pack.blob)
  }
}
