import type { IncomingMessage } from 'node:http'
import { correlationId } from '../http/correlation-id.js'
import { baseTimestamp, modifiedByUser } from './client-family.js'
import { editorsHeader } from './editors-header.js'
import { WopiError } from './wopi-error.js'
import { lockIdHeader } from './wopi-headers.js'

/** What a save says about itself beside its bytes. */
export interface PutHeaders {
  readonly lockId: string | undefined
  /** What X-WOPI-Editors claims: never a right, only a record (RELIABILITY-SECURITY.md H-07). */
  readonly editors: readonly string[]
  /** Collabora's and ONLYOFFICE's base of the save; undefined when not sent. */
  readonly baseTimestamp: string | undefined
  /** Collabora and ONLYOFFICE tell whether a person changed something. */
  readonly modifiedByUser: boolean | undefined
  readonly correlationId: string
}

/** Read before the body, so that a malformed header costs nobody an upload. @throws WopiError */
export function putHeaders(request: IncomingMessage): PutHeaders {
  return {
    lockId: lockIdHeader(request, 'X-WOPI-Lock'),
    editors: editorsHeader(request),
    baseTimestamp: baseTimestamp(request),
    modifiedByUser: modifiedByUser(request),
    correlationId: correlationId(request),
  }
}

/** For a save that is refused whatever its headers say: malformed ones are no reason to lose its bytes. */
export function readablePutHeaders(request: IncomingMessage): PutHeaders {
  try {
    return putHeaders(request)
  } catch (error) {
    if (!(error instanceof WopiError)) throw error
    return {
      lockId: undefined,
      editors: [],
      baseTimestamp: undefined,
      modifiedByUser: undefined,
      correlationId: correlationId(request),
    }
  }
}
