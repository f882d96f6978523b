import { Injectable } from '@nestjs/common'
import { Twins } from '../storage/blobs/twins.js'
import type { Head } from '../storage/files/file.service.js'
import { type ChangeOutcome, ContentChanges } from './content-change.js'
import type { WriteRight } from './file-write.js'
import type { ReceivedBlob } from './received-blob.js'

export interface ContentUpload {
  /** As it was when the upload began. */
  readonly file: Head
  readonly right: Extract<WriteRight, { of: 'caller' }>
  /** The version that the upload is based on. */
  readonly base: string
  readonly received: ReceivedBlob
  readonly correlationId: string
}

export interface VersionMoved {
  readonly kind: 'version-moved'
  readonly base: string
  readonly currentVersion: string
}

/** An upload by people or programs: judged by the version that it names. */
@Injectable()
export class ContentUploads {
  constructor(
    private readonly changes: ContentChanges,
    private readonly twins: Twins,
  ) {}

  async upload({
    file,
    right,
    base,
    received,
    correlationId,
  }: ContentUpload): Promise<ChangeOutcome<VersionMoved>> {
    const content = await this.twins.compare(received.content, file)
    return this.changes.change<VersionMoved>({
      fileId: file.id,
      right,
      content,
      received,
      cause: 'upload',
      action: 'file-uploaded',
      correlationId,
      check: (_tx, { version }) =>
        version === base ? undefined : { kind: 'version-moved', base, currentVersion: version },
    })
  }
}
