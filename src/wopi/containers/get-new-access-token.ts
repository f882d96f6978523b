import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database, type Tx } from '../../database/database.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import { AccessTokenService } from '../../permission/tokens/access-token.service.js'
import { AccessService } from '../../permission/access.service.js'
import type { Role } from '../../permission/role.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { FileService } from '../../storage/files/file.service.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header } from '../protocol/wopi-headers.js'
import type { BootstrapRequest } from './bootstrap.js'

/** WOPI.md §11.2: another token for a file or container whose address the application has kept. */
@Injectable()
export class GetNewAccessToken {
  readonly name = 'GetNewAccessToken'

  constructor(
    private readonly database: Database,
    private readonly accesses: AccessService,
    private readonly files: FileService,
    private readonly containers: ContainerService,
    private readonly tokens: AccessTokenService,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  /** The expiry is an instant in milliseconds, as access_token_ttl. */
  async infoFor(request: BootstrapRequest): Promise<{ AccessToken: string; AccessTokenExpiry: number }> {
    const source = header(request, 'X-WOPI-WopiSrc')
    if (source === undefined) throw new WopiError('header-missing', 'X-WOPI-WopiSrc is required')
    const userId = request.user.id
    const resource = this.resourceOf(source)
    if (!resource) throw noSuchThing()
    return this.database.transaction(async (tx) => {
      const { id: resourceId, kind } = resource
      const role = await this.roleOn(tx, userId, resource)
      if (!role) throw noSuchThing()
      const mode = role === 'viewer' ? 'view' : 'edit'
      const issued = await this.tokens.issue({ userId, resource: kind, resourceId, mode }, tx)
      await this.audit.record(tx, {
        actor: userId,
        action: 'access-token-issued',
        objectId: resourceId,
        outcome: 'done',
        correlationId: correlationId(request),
        detail: { userId, mode, jti: issued.jti, by: 'bootstrapper' },
      })
      return { AccessToken: issued.accessToken, AccessTokenExpiry: issued.accessTokenTtl }
    })
  }

  private resourceOf(source: string): GrantedObject | undefined {
    if (!source.startsWith(`${this.settings.publicUrl}/wopi/`)) return undefined
    const path = source.slice(this.settings.publicUrl.length)
    const [, kind, id] = /^\/wopi\/(file|container)s\/([\w-]{1,64})$/.exec(path) ?? []
    if (id === undefined) return undefined
    return kind === 'file' ? { kind, id: id as FileId } : { kind: 'container', id: id as ContainerId }
  }

  /** Behind the row, so that it is there, and what the token says is true, when the token is issued. */
  private async roleOn(tx: Tx, userId: UserId, { kind, id }: GrantedObject): Promise<Role | undefined> {
    if (kind === 'file') {
      await this.files.lockForShare(tx, id)
      return this.accesses.roleOnFile(userId, id, tx)
    }
    await this.containers.lockForShare(tx, id)
    return this.accesses.roleOnContainer(userId, id, tx)
  }
}

function noSuchThing(): WopiError {
  return new WopiError('no-such-file', 'there is nothing at that WOPISrc, or the user has no right to it')
}
