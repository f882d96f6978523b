import { Injectable } from '@nestjs/common'
import type { Queryable, Tx } from '../../database/database.js'
import { AccessService, mayEdit, type FileAccess } from '../../permission/access.service.js'
import type { Need, TokenRequest } from '../protocol/operation.js'
import { WopiError } from '../protocol/wopi-error.js'

/** What may this token do to this file, at this moment? */
@Injectable()
export class WopiAccess {
  constructor(private readonly accesses: AccessService) {}

  /** @throws WopiError 401, or 404 where there is no right (WOPI.md §2.6) */
  async require(request: TokenRequest, need: Need): Promise<FileAccess> {
    const access = need === 'save' ? await this.ofSaver(request) : await this.ofToken(request)
    if (need !== 'save') judge(access, need)
    return access
  }

  /** Asked again inside a change's transaction, behind the row that it waits for: the right may have gone meanwhile. */
  async requireStill(tx: Tx, request: TokenRequest, need: Exclude<Need, 'save'>): Promise<void> {
    const access = await this.ofToken(request, tx)
    requireLive(access)
    if (!permits(access, need))
      throw new WopiError('right-lost', `the user lost the right to ${need} meanwhile`)
  }

  /** The file may be in the bin: what was typed before somebody deleted it is kept with it. */
  private async ofSaver(request: TokenRequest): Promise<FileAccess> {
    try {
      return await this.ofToken(request)
    } catch (error) {
      if (!(error instanceof WopiError) || error.code !== 'no-such-file') throw error
      const inBin = await this.accesses.ofTokenInBin(request.user, request.params.id)
      if (!inBin) throw error
      return inBin
    }
  }

  private async ofToken({ user, params }: TokenRequest, on?: Queryable): Promise<FileAccess> {
    const access = await this.accesses.ofToken(user, params.id, on)
    if (access === 'unknown-token')
      throw new WopiError('token-of-other-file', 'the access token is not for this file')
    if (access === 'no-such-file') throw new WopiError('no-such-file', 'the file does not exist')
    return access
  }
}

function judge(access: FileAccess, need: Exclude<Need, 'save'>): void {
  requireLive(access)
  if (!permits(access, need)) throw new WopiError('no-right', `the user may not ${need} here`)
}

/** @throws WopiError 401 */
export function requireLive({ token }: Pick<FileAccess, 'token'>): void {
  if (token === 'expired') throw new WopiError('token-expired', 'the access token has expired')
  if (token === 'revoked') throw new WopiError('token-revoked', 'the access token was revoked')
}

/** The same for files and containers. */
export function permits(access: Pick<FileAccess, 'mode' | 'role'>, need: Exclude<Need, 'save'>): boolean {
  switch (need) {
    case 'read':
      return access.role !== undefined
    case 'edit':
      return mayEdit(access)
    case 'own':
      return access.mode === 'edit' && access.role === 'owner'
  }
}
