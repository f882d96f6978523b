import type { Role } from '../../permission/role.js'
import type { LinkRole } from '../../permission/sharing/share-link.statements.js'

const ROLES: Readonly<Record<string, LinkRole>> = { ReadOnly: 'viewer', ReadWrite: 'editor' }

/** Sharing is the owner's, as at the REST face: nobody else is offered a kind of link (WOPI.md §8.5). */
function mayShare({ mode, role }: Sharer): boolean {
  return mode === 'edit' && role === 'owner'
}

export interface Sharer {
  readonly mode: 'view' | 'edit'
  readonly role: Role | undefined
}

/** For CheckFileInfo and CheckContainerInfo; nothing for those who may not share. */
export function shareTypes(sharer: Sharer): { SupportedShareUrlTypes?: readonly string[] } {
  return mayShare(sharer) ? { SupportedShareUrlTypes: Object.keys(ROLES) } : {}
}

/** @returns undefined when the kind is unknown, or not offered to this user */
export function shareRole(sharer: Sharer, type: string): LinkRole | undefined {
  return mayShare(sharer) && Object.hasOwn(ROLES, type) ? ROLES[type] : undefined
}
