import { Injectable } from '@nestjs/common'
import { Presence } from '../coauth-status/presence.js'
import type { Seen } from '../coauth-status/session.js'
import { mayEdit } from '../permission/access.service.js'
import { clientFamily } from './client-family.js'
import type { WopiRequest } from './operation.js'
import type { PutHeaders } from './put-headers.js'
import type { SavedPut } from './put-outcome.js'
import type { WopiError } from './wopi-error.js'

/** What WOPI calls tell about who is editing (DESIGN.md §6). Told after the answer is decided; nothing waits for it. */
@Injectable()
export class Sightings {
  constructor(private readonly presence: Presence) {}

  /** Any operation but PutFile, by its status. */
  answered(request: WopiRequest, status: number): void {
    const what = seenIn(request, status)
    if (what) this.note(request, what)
  }

  /** Called for every refusal; most say nothing about the session. */
  refused(request: WopiRequest, { code }: WopiError): void {
    // A caller without a genuine token was nobody.
    if (!(request.user as WopiRequest['user'] | undefined) || !ASKS_FOR_THE_RIGHT.has(operationOf(request)))
      return
    if (code === 'no-right') this.note(request, { kind: 'turned-away', reason: 'right-lost' })
    else if (code === 'token-expired' || code === 'token-revoked')
      this.note(request, { kind: 'turned-away', reason: code })
  }

  saved(
    request: WopiRequest,
    { version, editors }: Pick<SavedPut, 'version' | 'editors'>,
    { modifiedByUser }: Partial<PutHeaders> = {},
  ): void {
    this.note(request, {
      kind: 'saved',
      version,
      editors,
      ...(modifiedByUser === undefined ? {} : { modifiedByUser }),
    })
  }

  saveRefused(request: WopiRequest, reason: string): void {
    this.note(request, { kind: 'save-refused', reason })
  }

  note(request: WopiRequest, what: Seen): void {
    const { jti: tokenId, userId } = request.user
    this.noteOf(request, { tokenId, userId }, what)
  }

  /** About somebody else than the caller, perhaps. */
  noteOf(request: WopiRequest, { tokenId, userId }: { tokenId: string; userId: string }, what: Seen): void {
    this.presence.saw({
      fileId: request.params.id,
      jti: tokenId,
      userId,
      family: clientFamily(request),
      ...(request.user.openedIn && { page: request.user.openedIn.application }),
      what,
    })
  }
}

/** By a 404 or 401 to one of these an application learns that it must put the person out (SEEDS.md §6). */
const ASKS_FOR_THE_RIGHT: ReadonlySet<string> = new Set([
  'CheckFileInfo',
  'GetFile',
  'Lock',
  'UnlockAndRelock',
  'RefreshLock',
])

function operationOf(request: WopiRequest): string {
  return (request.operation as WopiRequest['operation'] | undefined)?.name ?? ''
}

function seenIn(request: WopiRequest, status: number): Seen | undefined {
  const name = operationOf(request)
  if (status === 409) return LOCK_CALLS.has(name) ? { kind: 'lock-conflict' } : undefined
  if (status !== 200) return undefined
  switch (name) {
    case 'CheckFileInfo':
      return { kind: 'checked', canWrite: mayEdit(request.access) && !request.access.file.closed }
    case 'Lock':
    case 'UnlockAndRelock':
      return { kind: 'locked' }
    case 'RefreshLock':
      return { kind: 'refreshed' }
    case 'Unlock':
      return { kind: 'unlocked' }
    case 'GetCoauthLock':
    case 'RefreshCoauthLock':
    case 'UnlockCoauthLock':
      // Told with the holder, who is not necessarily the caller.
      return undefined
    default:
      return { kind: 'read' }
  }
}

const LOCK_CALLS: ReadonlySet<string> = new Set(['Lock', 'UnlockAndRelock', 'RefreshLock', 'Unlock'])
