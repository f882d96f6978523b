import { Injectable } from '@nestjs/common'
import { Answer } from '../../http/answer.js'
import { downloadHeaders } from '../../http/download.js'
import { Downloads } from '../../http/downloads.js'
import { BlobStore } from '../../storage/blobs/blob-store.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { ReadAudit } from './read-audit.js'
import { WopiError } from '../protocol/wopi-error.js'
import { downloaderOf } from './downloader.js'
import { sizeHeader } from '../protocol/wopi-headers.js'

/** WOPI.md §6.1: the whole content. Locks never block reading. */
@Injectable()
export class GetFile implements Operation {
  readonly name = 'GetFile'
  readonly needs = 'read'

  constructor(
    private readonly blobs: BlobStore,
    private readonly downloads: Downloads,
    private readonly audit: ReadAudit,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const { name, blob, size, sha256, version } = request.access.file
    const most = sizeHeader(request, 'X-WOPI-MaxExpectedSize')
    if (most !== undefined && size > most) {
      throw new WopiError('larger-than-expected', `the file has ${size} bytes, the client takes ${most}`)
    }
    await this.audit.reads(request)
    const body = await this.downloads.body(downloaderOf(request), () =>
      this.blobs.read({ blob, size, sha256 }),
    )
    return new Answer(200, { ...downloadHeaders(name), 'X-WOPI-ItemVersion': version }, body, size)
  }
}
