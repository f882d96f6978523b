import { Injectable } from '@nestjs/common'
import { Answer, jsonAnswer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import { speaksOfTimestamps } from '../protocol/client-family.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { readPut } from './put-headers.js'
import type { PutOutcome, SavedPut } from './put-outcome.js'
import { SaveService } from './save.service.js'

/** WOPI.md §6.2. Runs inside the PutFile interceptor, which keeps the bytes of what is refused here. */
@Injectable()
export class PutFile implements Operation {
  readonly name = 'PutFile'
  readonly needs = 'save'

  constructor(
    private readonly blobs: BlobStore,
    private readonly saves: SaveService,
  ) {}

  /** Streams the body to disk first, with no transaction open; only then is anything decided. */
  async save(request: WopiRequest): Promise<PutOutcome> {
    const { headers, size, fault } = readPut(request)
    const content = await this.blobs.receive(bodyOf(request), size)
    if (fault) return { kind: 'refused', reason: 'header-invalid', content, fault }
    return this.saves.decide(request.access, headers, content)
  }

  /** Only the interceptor calls an operation that needs `save`, and by `save` above. */
  answer(): Promise<Answer> {
    return Promise.reject(new Error('PutFile is answered by its interceptor'))
  }
}

/** 200 with the version after the save; clients that go by timestamps are told the new one (CLIENTS.md §1.1). */
export function savedAnswer(request: WopiRequest, { version, modifiedAt }: SavedPut): Answer {
  const headers = { 'X-WOPI-ItemVersion': version }
  if (!speaksOfTimestamps(request)) return new Answer(200, headers)
  return jsonAnswer(200, { LastModifiedTime: modifiedAt }, headers)
}
