import { correlationId } from '../../http/correlation-id.js'
import { contentLength } from '../../http/request-body.js'
import type { SaveHeaders } from '../../saving/save-headers.js'
import { baseTimestamp, clientFamily, isExitSave, modifiedByUser } from '../protocol/client-family.js'
import { editorsHeader } from '../protocol/editors-header.js'
import type { WopiRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'
import { announcedSize, lockIdHeader } from '../protocol/wopi-headers.js'

/** A save as far as it can be read. */
export interface ReadPut {
  readonly headers: SaveHeaders
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
