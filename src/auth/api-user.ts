import type { UserId } from '../ids/ids.js'

/** What the enterprise calls a person in Tandem: `admin` acts, `auditor` only reads, `user` sees their own. */
export const API_ROLES = ['user', 'auditor', 'admin'] as const
export type ApiRole = (typeof API_ROLES)[number]

/** What somebody may do by two words about them, of which neither may add to the other. */
export function lesserRole(one: ApiRole, other: ApiRole): ApiRole {
  return API_ROLES.indexOf(one) < API_ROLES.indexOf(other) ? one : other
}

/** Who is calling `/api/v1`. */
export interface ApiUser {
  readonly id: UserId
  readonly displayName: string
  /** What the person signs in with, such as a mail address. */
  readonly principalName: string | null
  readonly role: ApiRole
  /** When the bearer token or the browser session ends, in epoch milliseconds: what goes on for longer must end with it. */
  readonly expiresAt: number
  /** Of a browser, which sends its cookie along whoever makes it call (W-08); undefined for a bearer token. */
  readonly webSession?: string
}

/** Letters and digits only, for X-WOPI-Editors and for editors that refuse more (WOPI.md §5.2; CLIENTS.md pain 50). */
export const USER_ID = /^[A-Za-z0-9]{1,128}$/
