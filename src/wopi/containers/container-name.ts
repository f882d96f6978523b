import type { IncomingMessage } from 'node:http'
import { headerText } from '../../http/answer.js'
import { checkName, sanitizeStem } from '../../storage/files/file-name.js'
import { InvalidName } from '../../storage/storage-errors.js'
import { nameHeader } from '../protocol/requested-name.js'
import type { TargetName } from '../../saving/save-as.js'
import { targetHeaders } from '../protocol/target-name.js'
import { WopiError } from '../protocol/wopi-error.js'

/** As `fileTarget`, for a container, which has no extension and is never overwritten (WOPI.md §9.5). */
export function containerTarget(request: IncomingMessage): TargetName {
  return orInvalidContainerName(() => {
    const headers = targetHeaders(request)
    if ('exact' in headers) return { mode: 'exact', name: checkName(headers.exact), overwrite: false }
    return { mode: 'suggested', name: sanitizeStem(headers.suggested) ?? 'New folder' }
  })
}

/** The name of RenameContainer, altered as far as it must be (WOPI.md §9.6). */
export function requestedContainerName(request: IncomingMessage): string {
  return orInvalidContainerName(() => {
    const requested = nameHeader(request, 'X-WOPI-RequestedName')
    if (requested === undefined) throw new WopiError('header-missing', 'X-WOPI-RequestedName is required')
    const name = sanitizeStem(requested)
    if (name === undefined) throw new InvalidName('nothing of the requested name can be used')
    return name
  })
}

/** The reason has a header of its own for containers. */
function orInvalidContainerName<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    const invalid =
      error instanceof InvalidName || (error instanceof WopiError && error.code === 'name-invalid')
    if (!invalid) throw error
    const headers = { 'X-WOPI-InvalidContainerNameError': headerText(error.message) }
    throw new WopiError('name-invalid', error.message, headers)
  }
}
