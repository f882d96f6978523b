import type { WopiAccess } from './wopi-client.js'

/** Somebody with a token for one document: what the host page hands to the editor service. */
export interface Person {
  /** What the log and the marks in the document say; the second tab of `alice` is `alice-2`. */
  readonly name: string
  readonly access: WopiAccess
}

/** A person whom the editor service has admitted. */
export interface Participant {
  readonly person: Person
  /** CheckFileInfo's UserId, repeated in X-WOPI-Editors. */
  readonly userId: string
  permissionCheckAt: number
}
