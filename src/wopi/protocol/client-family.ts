import type { IncomingMessage } from 'node:http'
import type { ClientFamily } from '../../coauth-status/application-profile.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import { header } from './wopi-headers.js'

/** Of a request, what tells whose it is. */
export type FamilyMarks = Pick<IncomingMessage, 'headers'> & {
  readonly params: { readonly id: string }
  readonly user?: AccessTokenClaims
}

/** Sent by Collabora only, the first with every call (CLIENTS.md §1.1). */
const COLLABORAS = [
  'serverid',
  'extendeddata',
  'timestamp',
  'ismodifiedbyuser',
  'isautosave',
  'isexitsave',
].map((name) => `x-cool-wopi-${name}`)
/** Sent with saves by ONLYOFFICE, and by Collabora's older builds (CLIENTS.md §1.2). */
const LOOL = ['timestamp', 'ismodifiedbyuser', 'isautosave', 'isexitsave'].map(
  (name) => `x-lool-wopi-${name}`,
)

/**
 * Which product calls; docs/clients.md has what differs. The editor for whose page the token was issued, unless the
 * call itself says otherwise: nothing keeps a page from posting the token to another editor.
 */
export function clientFamily({ headers, params, user }: FamilyMarks): ClientFamily {
  if (/^(COOLWSD|LOOLWSD)\b/.test(headers['user-agent'] ?? '')) return 'collabora'
  if (COLLABORAS.some((name) => name in headers)) return 'collabora'
  const issuedFor = user?.openedIn?.family
  if (LOOL.some((name) => name in headers)) return issuedFor === 'collabora' ? 'collabora' : 'onlyoffice'
  if (issuedFor) return issuedFor
  // ONLYOFFICE takes the file's id for the lock's.
  return headers['x-wopi-lock'] === params.id ? 'onlyoffice' : 'microsoft'
}

/** Microsoft speaks of a file's version where the others speak of its last modification time. */
export function speaksOfTimestamps(request: FamilyMarks): boolean {
  return clientFamily(request) !== 'microsoft'
}

/** Collabora knows no RefreshLock (CLIENTS.md §1.1); ONLYOFFICE locks when it opens only. */
export function refreshesByLock(request: FamilyMarks): boolean {
  return clientFamily(request) === 'collabora'
}

/** ONLYOFFICE takes a 409 to its Unlock for a failure, and shows the next person what it has in its cache. */
export function unlocksWhatIsFree(request: FamilyMarks): boolean {
  return clientFamily(request) === 'onlyoffice'
}

/** Only Collabora sends the document itself along with RenameFile (CLIENTS.md §1, "The RENAME trap"). */
export function sendsDocumentWithRename(request: FamilyMarks): boolean {
  return clientFamily(request) === 'collabora'
}

/** The modification time that the editor's copy is based on; absent when its user chose to overwrite anyway. */
export function baseTimestamp(request: IncomingMessage): string | undefined {
  return header(request, 'X-COOL-WOPI-Timestamp') ?? header(request, 'X-LOOL-WOPI-Timestamp')
}

/** Whether the save holds a person's changes; undefined where the editor does not say, or not in a word of its own. */
export function modifiedByUser(request: IncomingMessage): boolean | undefined {
  return saysOfSave(request, 'IsModifiedByUser')
}

/** Whether it is the last one of its session. */
export function isExitSave(request: IncomingMessage): boolean {
  return saysOfSave(request, 'IsExitSave') ?? false
}

/** A word of Collabora's or ONLYOFFICE's about a save. A record only: one that cannot be read refuses nothing. */
function saysOfSave({ headers }: IncomingMessage, name: string): boolean | undefined {
  const below = `wopi-${name.toLowerCase()}`
  const text = headers[`x-cool-${below}`] || headers[`x-lool-${below}`]
  switch (text?.toString().toLowerCase()) {
    case 'true':
      return true
    case 'false':
      return false
    default:
      return undefined
  }
}
