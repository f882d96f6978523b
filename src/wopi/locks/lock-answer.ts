import { Answer, headerText } from '../../http/answer.js'
import type { LockOutcome, LockState } from '../../lock/lock-state.js'

/** The one place where lock outcomes become statuses and headers (WOPI.md §7.2). */
export function lockAnswer(outcome: LockOutcome): Answer {
  if (outcome.granted) return new Answer(200, { 'X-WOPI-ItemVersion': outcome.version })
  return conflictAnswer(outcome.current)
}

/**
 * 409 always carries the true current id, and an empty one when there is none: editors join a session by it
 * (WOPI.md §7.2, RELIABILITY-SECURITY.md H-03). Only while coauth locks are held there is no such header (WOPI.md §12.1).
 */
export function conflictAnswer(current: LockState, reason = reasonOf(current)): Answer {
  return new Answer(409, {
    ...(current.kind === 'coauth' ? {} : { 'X-WOPI-Lock': current.kind === 'wopi' ? current.lockId : '' }),
    ...(current.kind === 'wopi' ? lockedBy(current.visibleName) : {}),
    'X-WOPI-LockFailureReason': reason,
  })
}

/** Who holds the WOPI lock, if they agreed to be named (WOPI.md §7.3). */
export function lockedBy(visibleName: string | undefined): Record<string, string> {
  return visibleName === undefined ? {} : { 'X-WOPI-ConflictingLockUsername': headerText(visibleName) }
}

function reasonOf(current: LockState): string {
  switch (current.kind) {
    case 'none':
      return 'The file is not locked'
    case 'wopi':
      return 'The file is locked with another lock id'
    case 'coauth':
      return 'The file is being edited by clients with coauth locks'
    case 'exclusive':
      return 'The file is locked exclusively, for maintenance or a batch job'
  }
}
