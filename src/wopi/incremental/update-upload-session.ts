import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { Answer } from '../../http/answer.js'
import { bodyOf, contentLength } from '../../http/request-body.js'
import { ReceivedBlobs } from '../../saving/received-blob.js'
import { BodyTooLarge } from '../../storage/storage-errors.js'
import { type SessionKey, UploadSessions } from '../../storage/chunks/upload-session.service.js'
import { frameLimits } from './frames-body.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header, sizeHeader } from '../protocol/wopi-headers.js'

/** WOPI.md §13.9: the next bytes of an upload. They are on disk before their place in it is taken. */
@Injectable()
export class UpdateUploadSession implements Operation {
  readonly name = 'UpdateUploadSession'
  readonly needs = 'edit'
  readonly extension = 'plus'

  constructor(
    private readonly sessions: UploadSessions,
    private readonly received: ReceivedBlobs,
    private readonly settings: Settings,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const token = header(request, 'X-WOPI-UploadSessionToken')
    if (token === undefined) throw new WopiError('header-missing', 'X-WOPI-UploadSessionToken is required')
    const start = requiredSize(request, 'X-WOPI-ContentRangeOffset')
    const length = requiredSize(request, 'X-WOPI-ContentRangeLength')
    const announced = contentLength(request)
    if (announced !== undefined && announced !== length)
      throw new WopiError(
        'body-incomplete',
        `the range has ${length} bytes, Content-Length says ${announced}`,
      )
    const { access } = request
    const key = { token, fileId: access.file.id, userId: access.user.id }
    await this.requireAt(key, start)
    // More than any body that could bring the same at once.
    const most = frameLimits(this.settings.maxFileSizeBytes).bodyBytes
    if (start + length > most) throw new BodyTooLarge(most)
    await using part = await this.received.receive(bodyOf(request), length)
    const size = await part.named(() => this.sessions.append(key, start, part.content))
    if (size === undefined || length === 0) part.letGo()
    if (size === undefined) {
      await this.requireAt(key, start)
      throw new WopiError('header-invalid', 'another call took this place in the upload session')
    }
    return new Answer(200, { 'X-WOPI-UploadSessionCurrentOffset': size })
  }

  private async requireAt(key: SessionKey, start: number): Promise<void> {
    const size = await this.sessions.size(key)
    if (size === undefined)
      throw new WopiError('upload-session-gone', 'there is no such upload session, or not any more')
    if (size !== start)
      throw new WopiError('header-invalid', `X-WOPI-ContentRangeOffset is ${start}, ${size} bytes are there`)
  }
}

function requiredSize(request: WopiRequest, name: string): number {
  const size = sizeHeader(request, name)
  if (size === undefined) throw new WopiError('header-missing', `${name} is required`)
  return size
}
