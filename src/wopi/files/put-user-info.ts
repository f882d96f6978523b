import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { bodyOf } from '../../http/request-body.js'
import { UserService } from '../../auth/user.service.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'

const MAX_BYTES = 1024

/** WOPI.md §8.4: a string that the editor keeps about its user, whatever file is open. */
@Injectable()
export class PutUserInfo implements Operation {
  readonly name = 'PutUserInfo'
  readonly needs = 'read'

  constructor(private readonly users: UserService) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const userInfo = await shortText(bodyOf(request))
    await this.users.putUserInfo(request.access.user.id, userInfo)
    return new Answer(200)
  }
}

async function shortText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new WopiError('body-too-large', `UserInfo is longer than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('latin1')
  // PostgreSQL stores no U+0000, and the protocol promises ASCII.
  // eslint-disable-next-line no-control-regex
  if (/[^\x01-\x7f]/.test(text)) throw new WopiError('header-invalid', 'UserInfo is not ASCII')
  return text
}
