import { Injectable } from '@nestjs/common'
import type { Queryable, Tx } from '../../database/database.js'
import { ContainerAccessService, type ContainerAccess } from '../../permission/container-access.service.js'
import type { ContainerOperation, ContainerTokenRequest } from '../containers/container-operation.js'
import { permits, requireLive } from './wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

type Need = ContainerOperation['needs']

/** What may this token do to this container, at this moment? */
@Injectable()
export class ContainerRights {
  constructor(private readonly accesses: ContainerAccessService) {}

  /** @throws WopiError 401, or 404 where there is no right (WOPI.md §2.6) */
  async require(request: ContainerTokenRequest, need: Need): Promise<ContainerAccess> {
    const access = await this.ofToken(request)
    if (!permits(access, need)) throw new WopiError('no-right', `the user may not ${need} here`)
    return access
  }

  /** Asked again inside a change's transaction, behind the row that it waits for: the right may have gone meanwhile. */
  async requireStill(tx: Tx, request: ContainerTokenRequest, need: Need): Promise<void> {
    if (!permits(await this.ofToken(request, tx), need))
      throw new WopiError('right-lost', `the user lost the right to ${need} meanwhile`)
  }

  private async ofToken({ user, params }: ContainerTokenRequest, on?: Queryable): Promise<ContainerAccess> {
    const access = await this.accesses.ofToken(user, params.id, on)
    if (access === 'unknown-token')
      throw new WopiError('token-of-other-file', 'the access token is not for this container')
    if (access === 'no-such-container')
      throw new WopiError('no-such-container', 'the container does not exist')
    requireLive(access)
    return access
  }
}
