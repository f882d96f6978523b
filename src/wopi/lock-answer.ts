import { Answer } from '../http/answer.js'
import type { LockOutcome, LockState } from '../lock/lock.service.js'
import { WopiError } from './wopi-error.js'

/** The one place where lock outcomes become statuses and headers (WOPI.md §7.2). */
export function lockAnswer(outcome: LockOutcome | undefined): Answer {
  if (!outcome) throw new WopiError('no-such-file', 'the file was deleted meanwhile')
  if (outcome.granted) return new Answer(200, { 'X-WOPI-ItemVersion': outcome.version })
  return conflictAnswer(outcome.current)
}

/**
 * 409 always carries the true current id, and an empty one when there is none: editors join a session by it
 * (WOPI.md §7.2, RELIABILITY-SECURITY.md H-03).
 */
export function conflictAnswer(current: LockState, reason = reasonOf(current)): Answer {
  return new Answer(409, {
    'X-WOPI-Lock': current.kind === 'wopi' ? current.lockId : '',
    'X-WOPI-LockFailureReason': reason,
  })
}

function reasonOf(current: LockState): string {
  switch (current.kind) {
    case 'none':
      return 'The file is not locked'
    case 'wopi':
      return 'The file is locked with another lock id'
    case 'exclusive':
      return 'The file is locked exclusively, for maintenance or a batch job'
  }
}
