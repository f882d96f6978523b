import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { FileService } from '../../storage/files/file.service.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Tells in a header whether the content has moved, for clients that ask often (WOPI.md §13.5). */
@Injectable()
export class GetSequenceNumber implements Operation {
  readonly name = 'GetSequenceNumber'
  readonly needs = 'read'
  readonly extension = 'plus'

  constructor(private readonly files: FileService) {}

  async answer({ access }: WopiRequest): Promise<Answer> {
    const head = await this.files.head(access.file.id)
    if (!head) throw new WopiError('no-such-file', 'the file was deleted meanwhile')
    return new Answer(200, { 'X-WOPI-SequenceNumber': head.sequenceNumber })
  }
}
