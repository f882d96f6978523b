import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import type { Operation } from '../protocol/operation.js'
import { CreateUploadSession } from './create-upload-session.js'
import { GetChunkedFile } from './get-chunked-file.js'
import { GetChunks } from './get-chunks.js'
import { GetSequenceNumber } from './get-sequence-number.js'
import { PutChunkedFile } from './put-chunked-file.js'
import { UpdateUploadSession } from './update-upload-session.js'

/** The operations of WOPI.md §13; without `COAUTH_PROFILE=plus` there are none (DESIGN.md §6). */
@Injectable()
export class IncrementalOperations {
  readonly onFile: readonly (readonly [string, Operation])[]
  readonly onContents: readonly (readonly [string, Operation])[]

  constructor(
    { coauthProfile }: Settings,
    getSequenceNumber: GetSequenceNumber,
    getChunkedFile: GetChunkedFile,
    putChunkedFile: PutChunkedFile,
    getChunks: GetChunks,
    createUploadSession: CreateUploadSession,
    updateUploadSession: UpdateUploadSession,
  ) {
    const isOffered = coauthProfile === 'plus'
    this.onContents = isOffered ? [['PUT_CHUNKED_FILE', putChunkedFile]] : []
    this.onFile = isOffered
      ? [
          ['GET_SEQUENCE_NUMBER', getSequenceNumber],
          ['GET_CHUNKED_FILE', getChunkedFile],
          ['GET_CHUNKS', getChunks],
          ['CREATE_UPLOAD_SESSION', createUploadSession],
          ['UPDATE_UPLOAD_SESSION', updateUploadSession],
        ]
      : []
  }
}
