import { Injectable } from '@nestjs/common'
import { correlationId } from '../../http/correlation-id.js'
import { parseSequenceNumber } from '../../incremental/sequence-number.js'
import type { ChunkedHeaders } from '../../saving/put-chunked-file.js'
import { presentedToken } from '../../permission/tokens/presented-token.js'
import { editorsHeader } from '../protocol/editors-header.js'
import type { WopiRequest } from '../protocol/operation.js'
import { ProofCheck } from '../guards/proof-check.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header, lockIdHeader } from '../protocol/wopi-headers.js'

/** Read before the body, so that a malformed header costs nobody an upload (WOPI.md §13.7). */
@Injectable()
export class ChunkedPutHeaderReader {
  constructor(private readonly proofs: ProofCheck) {}

  /** @throws WopiError */
  async read(request: WopiRequest): Promise<ChunkedHeaders> {
    const lockId = lockIdHeader(request, 'X-WOPI-Lock')
    const coauthLockId = lockIdHeader(request, 'X-WOPI-CoauthLockId')
    if (lockId !== undefined && coauthLockId !== undefined)
      throw invalid('X-WOPI-Lock and X-WOPI-CoauthLockId were both sent')
    const text = header(request, 'X-WOPI-SequenceNumber')
    if (text === undefined) throw new WopiError('header-missing', 'X-WOPI-SequenceNumber is required')
    const sequenceNumber = parseSequenceNumber(text)
    if (sequenceNumber === undefined) throw invalid('X-WOPI-SequenceNumber is no whole number')
    if (header(request, 'X-WOPI-Editors') !== undefined) await this.requireProof(request)
    return {
      lockId,
      coauthLockId,
      sequenceNumber,
      editors: editorsHeader(request),
      correlationId: correlationId(request),
    }
  }

  /** Whose changes these are is believed only from an editor that proves where the call comes from. */
  private async requireProof(request: WopiRequest): Promise<void> {
    if (request.isProven === true) return
    try {
      await this.proofs.require(request, presentedToken(request) ?? '')
    } catch (error) {
      if (!(error instanceof WopiError)) throw error
      throw invalid(`X-WOPI-Editors needs a valid proof: ${error.message}`)
    }
  }
}

function invalid(reason: string): WopiError {
  return new WopiError('header-invalid', reason)
}
