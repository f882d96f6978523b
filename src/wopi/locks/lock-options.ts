import type { IncomingMessage } from 'node:http'
import type { Settings } from '../../config/settings.js'
import type { LockWishes } from '../../lock/lock.service.js'
import { booleanHeader, timeoutHeader } from '../protocol/wopi-headers.js'

/** What CSPP Plus adds to Lock, RefreshLock and UnlockAndRelock (WOPI.md §7.3). @throws WopiError */
export function lockWishes(
  request: IncomingMessage,
  { coauthProfile }: Pick<Settings, 'coauthProfile'>,
): LockWishes {
  if (coauthProfile === 'web') return { lifetimeMs: undefined, visibility: 'anonymous' }
  return {
    lifetimeMs: timeoutHeader(request, 'X-WOPI-LockExpirationTimeout'),
    visibility: booleanHeader(request, 'X-WOPI-LockUserVisible') ? 'named' : 'anonymous',
  }
}
