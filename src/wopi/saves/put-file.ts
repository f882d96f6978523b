import { Injectable } from '@nestjs/common'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import type { IncomingSave, Received } from '../../saving/incoming-save.js'
import { PutFileSaves } from '../../saving/put-file.js'
import { type ReceivedBlob, ReceivedBlobs } from '../../saving/received-blob.js'
import type { PutFileOutcome, PutFileRefused, Saved } from '../../saving/save-outcome.js'
import type { RightRefused } from '../../saving/save-permission.js'
import { PresenceReporter } from '../files/presence-reporter.js'
import { conflictAnswer } from '../locks/lock-answer.js'
import { LockReasons } from '../locks/lock-reasons.js'
import { speaksOfTimestamps } from '../protocol/client-family.js'
import type { SaveOperation, WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'
import { type ReadPut, readPut } from './put-headers.js'
import { refusedForRight } from './refused-right.js'

type ReceivedDocument = Received & { readonly blob: ReceivedBlob }

/** The whole document anew (WOPI.md §6.2). */
@Injectable()
export class PutFile implements SaveOperation {
  readonly name = 'PutFile'
  readonly needs = 'save'

  constructor(
    private readonly received: ReceivedBlobs,
    private readonly saves: PutFileSaves,
    private readonly presenceReporter: PresenceReporter,
    private readonly reasons: LockReasons,
  ) {}

  save(request: WopiRequest): IncomingSave<PutFileOutcome, Answer, ReceivedDocument> {
    const put = readPut(request)
    const { headers, size, fault } = put
    const { access } = request
    const receive = async (): Promise<ReceivedDocument> => ({
      blob: await this.received.receive(bodyOf(request), size),
    })
    return {
      access,
      headers,
      receive,
      receiveRefused: receive,
      decide: ({ blob: received }, terms) =>
        fault
          ? Promise.resolve({ kind: 'refused', reason: 'header-invalid' })
          : this.saves.save({ access, headers, received, terms }),
      contentToKeep: ({ blob }) => blob.content,
      answer: (outcome) => this.answer(request, put, outcome),
    }
  }

  /** Tells co-authoring status what happened, too. */
  private async answer(
    request: WopiRequest,
    { headers, fault }: ReadPut,
    outcome: PutFileOutcome,
  ): Promise<Answer> {
    if (outcome.kind === 'saved') {
      this.presenceReporter.saved(request, outcome, headers)
      return savedAnswer(request, outcome)
    }
    this.tellOfRefusal(request, outcome)
    if (outcome.kind === 'right-refused') throw refusedForRight(outcome)
    switch (outcome.reason) {
      case 'header-invalid':
        throw fault ?? new WopiError('header-invalid', 'a header is not as it must be')
      case 'external-change':
        // Collabora and ONLYOFFICE ask their user what to do when they see this code (CLIENTS.md §1.1).
        return jsonAnswer(
          409,
          { COOLStatusCode: 1010, LOOLStatusCode: 1010 },
          conflictAnswer(outcome.lock, 'The file was changed outside this session').headers,
        )
      case 'lock-mismatch':
        return this.reasons.inWords(request, conflictAnswer(outcome.lock))
      case 'not-locked':
        return conflictAnswer(outcome.lock)
    }
  }

  private tellOfRefusal(request: WopiRequest, { reason }: PutFileRefused | RightRefused): void {
    // The session of a deleted file has ended, and nothing begins another; of what is not kept nobody was in one.
    if (reason !== undefined && reason !== 'file-deleted') this.presenceReporter.saveRefused(request, reason)
  }
}

/** 200 with the version after the save; clients that go by timestamps are told the new one (CLIENTS.md §1.1). */
function savedAnswer(request: WopiRequest, { version, modifiedAt }: Saved): Answer {
  const headers = { 'X-WOPI-ItemVersion': version }
  if (!speaksOfTimestamps(request)) return new Answer(200, headers)
  return jsonAnswer(200, { LastModifiedTime: modifiedAt }, headers)
}
