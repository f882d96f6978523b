import { mayEdit } from '../../permission/access.service.js'
import type { ContainerAccess } from '../../permission/container-access.service.js'
import { shareTypes } from '../files/share-types.js'

/** Office asks for these by name, and for the same values in a container and in what is in it (WOPI.md §9.1). */
export const NO_SPECIAL_ACCOUNT = {
  IsAnonymousUser: false,
  IsEduUser: false,
  LicenseCheckForEditIsEnabled: false,
} as const

/** What CheckContainerInfo says, and every answer with a container in it (WOPI.md §9.1). */
export function containerInfo({
  container: { name, isRoot },
  mode,
  role,
}: Pick<ContainerAccess, 'container' | 'mode' | 'role'>): Record<string, unknown> {
  const mayFill = mayEdit({ mode, role })
  const mayChange = mode === 'edit' && role === 'owner' && !isRoot
  return {
    Name: name,
    UserCanCreateChildFile: mayFill,
    UserCanCreateChildContainer: mayFill,
    UserCanDelete: mayChange,
    UserCanRename: mayChange,
    ...shareTypes({ mode, role }),
    ...NO_SPECIAL_ACCOUNT,
  }
}
