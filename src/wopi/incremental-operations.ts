import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import type { Operation } from './operation.js'
import { CreateUploadSession } from './operations/create-upload-session.js'
import { GetChunkedFile } from './operations/get-chunked-file.js'
import { GetChunks } from './operations/get-chunks.js'
import { GetSequenceNumber } from './operations/get-sequence-number.js'
import { PutChunkedFile } from './operations/put-chunked-file.js'
import { UpdateUploadSession } from './operations/update-upload-session.js'

/** The operations of WOPI.md §13; without `COAUTH_PROFILE=plus` there are none: native clients alone call them. */
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
