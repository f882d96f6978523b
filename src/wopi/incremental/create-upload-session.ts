import { Injectable } from '@nestjs/common'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import type { CreateUploadSessionAnswer } from '../../incremental/messages.js'
import { UploadSessions } from '../../storage/chunks/upload-session.service.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'

/** Begins an upload in parts, so that a large save survives a line that breaks (WOPI.md §13.9). */
@Injectable()
export class CreateUploadSession implements Operation {
  readonly name = 'CreateUploadSession'
  readonly needs = 'edit'
  readonly extension = 'plus'

  constructor(private readonly sessions: UploadSessions) {}

  async answer({ access }: WopiRequest): Promise<Answer> {
    const token = await this.sessions.create(access.file.id, access.user.id)
    const answer: CreateUploadSessionAnswer = { UploadSessionToken: token }
    return jsonAnswer(200, answer)
  }
}
