import type { OfficeDocument } from './office/office-document.js'
import type { Participant } from './participant.js'
import type { Random } from './random.js'

export const second = 1000
export const minute = 60 * second

export type ApplicationName = 'word' | 'excel' | 'powerpoint'

/**
 * What differs between the editor services of Word, Excel and PowerPoint (all times in simulated
 * milliseconds).
 */
export interface Application {
  readonly name: ApplicationName
  readonly label: string
  readonly extension: string
  blank(title: string): Uint8Array
  open(bytes: Uint8Array): OfficeDocument
  /** How long after the first unsaved change the document is saved. */
  saveInterval(participants: number): number
  /** Whose token saves; `participants` in the order of joining, all of them still editing. */
  saver(participants: Editors, lastChangeBy: Participant | undefined): Participant
  /** How each user's right is asked again, and how often at least. */
  readonly permissionCheck: { readonly by: 'check-file-info' | 'refresh-lock'; readonly every: number }
  readonly lockRefreshEvery: number
  /** The id of the first Lock. */
  newLockId(random: Random): string
  /** The id that replaces the first one by UnlockAndRelock, for an application that does so. */
  settledLockId?(firstId: string, random: Random): string
  /** How long after the first refused save everyone is removed. */
  readonly saveRefusedPatience: number
  /** Whether PutFile names the contributors in X-WOPI-Editors. */
  readonly namesEditors: boolean
}

export type Editors = readonly [Participant, ...Participant[]]

export function lastJoined(participants: Editors): Participant {
  return participants.at(-1) ?? participants[0]
}

/** The user of the most recent change, or the last to join when that user has left already. */
export function lastEditor(participants: Editors, lastChangeBy: Participant | undefined): Participant {
  return lastChangeBy && participants.includes(lastChangeBy) ? lastChangeBy : lastJoined(participants)
}
