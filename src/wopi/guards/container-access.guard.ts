import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { ContainerAccessService } from '../../permission/container-access.service.js'
import type {
  ContainerRequest,
  ContainerTokenRequest,
  EcosystemRequest,
  EcosystemTokenRequest,
} from '../containers/container-operation.js'
import { ContainerOperations } from '../containers/container-operations.js'
import { ContainerRights } from './container-rights.js'
import { requireLive } from './wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

/** Which operation on the container is it, and may this caller do it? (WOPI.md §2.6: 401, then 404, then 501) */
@Injectable()
export class ContainerAccessGuard implements CanActivate {
  constructor(
    private readonly rights: ContainerRights,
    private readonly operations: ContainerOperations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ContainerTokenRequest & Partial<ContainerRequest>>()
    const found = this.operations.onContainer(request)
    if (!(found instanceof WopiError)) request.operation = found
    request.access = await this.rights.require(request, found instanceof WopiError ? 'read' : found.needs)
    if (found instanceof WopiError) throw found
    return true
  }
}

/** The same for the ecosystem, where everybody finds what is theirs. */
@Injectable()
export class EcosystemAccessGuard implements CanActivate {
  constructor(
    private readonly accesses: ContainerAccessService,
    private readonly operations: ContainerOperations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<EcosystemTokenRequest & Partial<EcosystemRequest>>()
    const found = this.operations.onEcosystem(request)
    if (!(found instanceof WopiError)) request.operation = found
    const access = await this.accesses.ofEcosystemToken(request.user)
    if (access === 'unknown-token')
      throw new WopiError('token-of-other-file', 'the access token is not for the ecosystem')
    requireLive(access)
    if (found instanceof WopiError) throw found
    request.access = access
    return true
  }
}
