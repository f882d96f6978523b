import type { RightRefused } from '../../saving/save-permission.js'
import { WopiError } from '../protocol/wopi-error.js'

/** What a save is told that its token may not make (WOPI.md §2.6). Whether its bytes are kept is for the log alone. */
export function refusedForRight({ right, reason }: RightRefused): WopiError {
  const bytes = reason === undefined ? 'nothing is kept of it' : 'the bytes are kept'
  switch (right) {
    case 'file-deleted':
      return new WopiError('no-such-file', `the file was deleted; ${bytes}, in the bin if anywhere`)
    case 'view-only':
      return new WopiError('no-right', 'the access token was not issued for editing')
    case 'permission-revoked':
      return new WopiError('right-lost', `the user lost the right to edit; ${bytes}`)
    case 'token-expired':
    case 'token-revoked':
      return new WopiError(right, `the access token is no longer good; ${bytes}`)
  }
}
