import type { ClientFamily } from '../../coauth-status/application-profile.js'
import { correlationId } from '../../http/correlation-id.js'
import { contentLength } from '../../http/request-body.js'
import { baseTimestamp, clientFamily, isExitSave, modifiedByUser } from '../protocol/client-family.js'
import { editorsHeader } from '../protocol/editors-header.js'
import type { WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'
import { announcedSize, lockIdHeader } from '../protocol/wopi-headers.js'

/** What a save says about itself beside its bytes. */
export interface PutHeaders {
  /** Whose rules of saving it follows. */
  readonly family: ClientFamily
  readonly lockId: string | undefined
  /** What X-WOPI-Editors claims: never a right, only a record (RELIABILITY-SECURITY.md H-07). */
  readonly editors: readonly string[]
  /** Collabora's and ONLYOFFICE's base of the save; undefined when not sent. */
  readonly baseTimestamp: string | undefined
  /** Collabora and ONLYOFFICE tell whether a person changed something. */
  readonly modifiedByUser: boolean | undefined
  /** The last save of a session, as far as Collabora and ONLYOFFICE say so. */
  readonly isExitSave: boolean
  readonly correlationId: string
}

/** A save as far as it can be read. */
export interface ReadPut {
  readonly headers: PutHeaders
  /** How many bytes must come; undefined when nothing says. */
  readonly size: number | undefined
  /** What nobody can make sense of in its headers: it is refused for that, and its bytes are kept. */
  readonly fault: WopiError | undefined
}

/**
 * Read before the body. One header that is not as it must be takes none of the others with it: whatever the answer, the
 * bytes that follow may be the only copy of somebody's work.
 */
export function readPut(request: WopiRequest): ReadPut {
  let fault: WopiError | undefined
  const read = <T, E>(value: () => T, otherwise: E): T | E => {
    try {
      return value()
    } catch (error) {
      if (!(error instanceof WopiError)) throw error
      fault ??= error
      return otherwise
    }
  }
  const headers = {
    family: clientFamily(request),
    lockId: read(() => lockIdHeader(request, 'X-WOPI-Lock'), undefined),
    editors: editorsHeader(request),
    baseTimestamp: read(() => baseTimestamp(request), undefined),
    modifiedByUser: modifiedByUser(request),
    isExitSave: isExitSave(request),
    correlationId: correlationId(request),
  }
  const size = read(() => announcedSize(request), contentLength(request))
  return { headers, size, fault }
}
