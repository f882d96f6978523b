import type { IncomingMessage } from 'node:http'
import type { Settings } from '../../config/settings.js'
import type { LockOptions } from '../../lock/lock.service.js'
import { booleanHeader, timeoutHeader } from '../protocol/wopi-headers.js'

/** What CSPP Plus adds to Lock, RefreshLock and UnlockAndRelock (WOPI.md §7.3). @throws WopiError */
export function lockOptions(
  request: IncomingMessage,
  { coauthProfile }: Pick<Settings, 'coauthProfile'>,
): LockOptions {
  if (coauthProfile === 'web') return { lifetimeMs: undefined, visibility: 'anonymous' }
  return {
    lifetimeMs: timeoutHeader(request, 'X-WOPI-LockExpirationTimeout'),
    visibility: booleanHeader(request, 'X-WOPI-LockUserVisible') ? 'named' : 'anonymous',
  }
}
