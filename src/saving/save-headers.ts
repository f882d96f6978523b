import type { ClientFamily } from '../coauth-status/application-profile.js'
import type { LockId } from '../ids/ids.js'

/** What a save says about itself beside its bytes. */
export interface SaveHeaders {
  /** Whose rules of saving it follows. */
  readonly family: ClientFamily
  readonly lockId: LockId | undefined
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
