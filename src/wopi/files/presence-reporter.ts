import { Injectable } from '@nestjs/common'
import type { OutgoingHttpHeader } from 'node:http'
import { Presence } from '../../coauth-status/presence.js'
import type { GivenVersion, PresenceSignal } from '../../coauth-status/session/session.js'
import type { Answer } from '../../http/answer.js'
import type { TokenId, UserId } from '../../ids/ids.js'
import { mayEdit } from '../../permission/access.service.js'
import type { SaveHeaders } from '../../saving/save-headers.js'
import type { Saved } from '../../saving/save-outcome.js'
import { clientFamily } from '../protocol/client-family.js'
import type { OperationRequest, TokenRequest, WopiCall } from '../protocol/operation.js'
import type { WopiError } from '../protocol/wopi-error.js'

/** What WOPI calls tell about who is editing. Told after the answer is decided; nothing waits for it. */
@Injectable()
export class PresenceReporter {
  constructor(private readonly presence: Presence) {}

  /** Any operation but PutFile, by its answer. */
  answered(request: OperationRequest, { status, headers }: Answer): void {
    const what = seenIn(request, status)
    if (what) this.note(request, what, givenBy(request, status, headers['X-WOPI-ItemVersion']))
  }

  /** Called for every refusal; most say nothing about the session. */
  refused(request: WopiCall, { code }: WopiError): void {
    // A caller without a genuine token was nobody.
    if (!hasToken(request) || !ASKS_FOR_THE_RIGHT.has(request.operation?.name ?? '')) return
    if (code === 'no-right') this.note(request, { kind: 'turned-away', reason: 'right-lost' })
    else if (code === 'token-expired' || code === 'token-revoked')
      this.note(request, { kind: 'turned-away', reason: code })
  }

  saved(
    request: TokenRequest,
    { version, modifiedAt, editors, returned }: Omit<Saved, 'kind'>,
    { modifiedByUser }: Partial<SaveHeaders> = {},
  ): void {
    const seen: PresenceSignal = {
      kind: 'saved',
      version,
      editors,
      ...(modifiedByUser === undefined ? {} : { modifiedByUser }),
      ...(returned && { returned }),
    }
    this.note(request, seen, { how: 'read', version, modifiedAt })
  }

  saveRefused(request: TokenRequest, reason: string): void {
    this.note(request, { kind: 'save-refused', reason })
  }

  note(request: TokenRequest, what: PresenceSignal, given?: GivenVersion): void {
    const { jti: tokenId, userId } = request.user
    this.noteOf(request, { tokenId, userId }, what, given)
  }

  /** About somebody else than the caller, perhaps. */
  noteOf(
    request: TokenRequest,
    { tokenId, userId }: { tokenId: TokenId; userId: UserId },
    what: PresenceSignal,
    given?: GivenVersion,
  ): void {
    this.presence.record({
      fileId: request.params.id,
      jti: tokenId,
      userId,
      family: clientFamily(request),
      ...(request.user.openedIn && { page: request.user.openedIn.application }),
      what,
      ...(given && { given }),
    })
  }
}

/** Only of what a save of this token can be based on one day. */
function givenBy(
  { operation, access }: OperationRequest,
  status: number,
  sent: OutgoingHttpHeader | undefined,
): GivenVersion | undefined {
  const how = status === 200 ? GIVES.get(operation.name) : undefined
  if (!how || access?.mode !== 'edit') return undefined
  const { version, modifiedAt } = access.file
  // With a query of its own it may have been given a later one, whose time is not known here.
  if (sent !== undefined && sent !== version) return undefined
  return { how, version, modifiedAt }
}

const GIVES: ReadonlyMap<string, GivenVersion['how']> = new Map([
  ['CheckFileInfo', 'told'],
  ['GetFile', 'read'],
  ['GetChunkedFile', 'read'],
])

/** By a 404 or 401 to one of these an application learns that it must put the person out (RELIABILITY-SECURITY.md §3.1). */
const ASKS_FOR_THE_RIGHT: ReadonlySet<string> = new Set([
  'CheckFileInfo',
  'GetFile',
  'Lock',
  'UnlockAndRelock',
  'RefreshLock',
])

function hasToken(request: WopiCall): request is WopiCall & TokenRequest {
  return request.user !== undefined
}

function seenIn({ operation, access }: OperationRequest, status: number): PresenceSignal | undefined {
  const { name } = operation
  if (status === 409) return LOCK_CALLS.has(name) ? { kind: 'lock-conflict' } : undefined
  if (status !== 200) return undefined
  switch (name) {
    case 'CheckFileInfo':
      return { kind: 'checked', canWrite: access !== undefined && mayEdit(access) && !access.file.closed }
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
