import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { Settings } from '../../config/settings.js'
import { FileUrlTickets } from '../../permission/tokens/file-url-tickets.js'
import type { TokenRequest, WopiCall } from '../protocol/operation.js'
import { GetFile } from '../files/get-file.js'
import { WopiAccess } from './wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Is the address one of ours, and may whom it was given to still read the file? */
@Injectable()
export class FileUrlGuard implements CanActivate {
  constructor(
    private readonly settings: Settings,
    private readonly tickets: FileUrlTickets,
    private readonly accesses: WopiAccess,
    private readonly getFile: GetFile,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<TokenRequest & WopiCall>()
    const claims = await this.tickets.read(ticketOf(request))
    if (claims === 'not-genuine')
      throw new WopiError('token-invalid', 'the ticket of the address is missing or not genuine')
    if (claims === 'expired') throw new WopiError('token-expired', 'the address has expired')
    if (!this.settings.fileUrl) throw new WopiError('no-such-file', 'FILE_URL is off')
    request.user = claims
    request.operation = this.getFile
    request.access = await this.accesses.require(request, 'read')
    return true
  }
}

/** Two different ones could be read differently by two readers. */
function ticketOf({ url = '' }: IncomingMessage): string {
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : ''
  const [ticket, ...others] = new URLSearchParams(query).getAll('ticket')
  return others.length === 0 ? (ticket ?? '') : ''
}
