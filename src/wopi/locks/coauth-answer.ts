import { Answer, jsonAnswer } from '../../http/answer.js'
import type { CoauthRefusal, CoauthTable } from '../../lock/coauth-lock.service.js'
import { lockedBy } from './lock-answer.js'

/** Exactly these properties: clients compare rows as a whole (WOPI.md §12.1). */
export function coauthTableAnswer({ version, locks }: CoauthTable): Answer {
  const rows = locks.map(({ lockId, metadata, type, name, acquiredAt }) => ({
    CoauthLockId: lockId,
    CoauthLockMetadata: metadata,
    CoauthLockType: type,
    UserFriendlyName: name,
    CoauthLockTime: acquiredAt,
  }))
  return jsonAnswer(200, { CoauthTable: rows }, { 'X-WOPI-CoauthTableVersion': version })
}

export function coauthRefusedAnswer(refusal: CoauthRefusal): Answer {
  return new Answer(409, {
    ...(refusal.kind === 'wopi' ? lockedBy(refusal.visibleName) : {}),
    'X-WOPI-FailureReason': REASONS[refusal.kind],
  })
}

const REASONS: Readonly<Record<CoauthRefusal['kind'], string>> = {
  wopi: 'The file is locked by a WOPI lock',
  exclusive: 'The file is locked exclusively, for maintenance or a batch job',
  'coauth-exclusive': 'Somebody else has an exclusive coauth lock',
  'coauth-full': 'The file has 500 coauth locks, and takes no more',
  'no-lock': 'There is no coauth lock with this id',
}
