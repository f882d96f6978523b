import type { OutgoingHttpHeaders } from 'node:http'
import { Answer, headerText } from '../../http/answer.js'
import type { ChunkedRefused } from '../../saving/put-chunked-file.js'
import { WopiError } from '../protocol/wopi-error.js'

/** The answers of WOPI.md §13.7. @throws WopiError where the request itself is to blame */
export function chunkedRefusal({ decision, wopi, sequenceNumber, obstacle }: ChunkedRefused): Answer {
  switch (decision) {
    case 'foreign-lock':
      return conflict('The file is locked exclusively, for maintenance or a batch job', {
        'X-WOPI-ConflictingMechanism': 'Other',
      })
    case 'wopi-lock':
      return conflict('The file is locked with a WOPI lock id that was not presented', {
        'X-WOPI-ConflictingMechanism': 'WOPI-Lock',
        'X-WOPI-Lock': wopi.kind === 'wopi' ? wopi.lockId : '',
      })
    case 'coauth-exclusive-lock':
      return conflict('Somebody else holds the file exclusively', {
        'X-WOPI-ConflictingMechanism': 'WOPI-CoauthExclusiveLock',
      })
    case 'coauth-lock':
      return conflict('The file is co-authored, and no coauth lock of its table was presented')
    case 'not-locked':
      return conflict('The file is not locked', { 'X-WOPI-Lock': '' })
    case 'sequence-mismatch':
      return new Answer(412, {
        'X-WOPI-SequenceNumber': sequenceNumber,
        'X-WOPI-FailureReason': 'The file has changed since',
      })
    case 'session-gone':
      throw refusal('upload-session-gone', 'there is no such upload session, or not any more')
    case 'chunk-unusable':
      throw refusal('chunk-missing', missing(obstacle))
    case 'too-large':
      throw refusal('body-too-large', 'its streams would be larger together than MAX_FILE_SIZE allows')
    case 'too-many-parts':
      throw refusal(
        'body-invalid',
        'the file would have more than 256 alternate streams or content properties, or too many chunks in them',
      )
    case 'two-locks':
    case 'sequence-number-invalid':
      throw refusal('header-invalid', 'the lock headers or X-WOPI-SequenceNumber are not what they must be')
  }
}

const PROBLEMS = {
  missing: 'is neither in the request nor stored for the file',
  'of-another-length': 'has another length than its signature says',
  damaged: 'is damaged where it is stored: send it again',
} as const

function missing(obstacle: ChunkedRefused['obstacle']): string {
  if (obstacle === undefined || obstacle === 'session-gone') return 'a chunk is missing'
  const { id, problem } = obstacle
  return `chunk ${id} ${PROBLEMS[problem]}`
}

function conflict(reason: string, headers: OutgoingHttpHeaders = {}): Answer {
  return new Answer(409, { ...headers, 'X-WOPI-FailureReason': reason })
}

function refusal(code: WopiError['code'], reason: string): WopiError {
  return new WopiError(code, reason, { 'X-WOPI-FailureReason': headerText(reason) })
}
