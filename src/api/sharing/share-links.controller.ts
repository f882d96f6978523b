import { Controller, Delete, Get, HttpCode, Param, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { AuditService } from '../../audit/audit.service.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import { ShareLinkService } from '../../permission/sharing/share-link.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { objectAt, ResourceAuthorization } from './resource-authorization.js'
import { shareLinkView } from '../http/views.js'

@ApiTags('share links')
@Controller('api/v1/:kind/:id/share-links')
@BearerAccess()
export class ShareLinksController {
  constructor(
    private readonly changes: Changes,
    private readonly authorization: ResourceAuthorization,
    private readonly links: ShareLinkService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'The links to the file or container that are good now; never their secrets' })
  async list(
    @Caller() caller: ApiUser,
    @Param('kind') kind: string,
    @Param('id') id: string,
  ): Promise<unknown> {
    const object = await this.authorization.requireReadable(caller, kind, id)
    return { items: (await this.links.list(object)).map(shareLinkView), nextCursor: null }
  }

  @Delete(':link')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a link' })
  async revoke(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('kind') kind: string,
    @Param('id') id: string,
    @Param('link') link: string,
  ): Promise<void> {
    const object = objectAt(kind, id)
    await this.changes.toObject(caller, object, async (tx) => {
      const role = await this.links.revoke(tx, object, link)
      if (!role) {
        throw new ApiProblem('not-found', 'There is no such link, or no more.')
      }
      const event = { actor: caller.id, action: 'share-link-revoked', objectId: id, outcome: 'done' } as const
      await this.audit.record(tx, { ...event, correlationId: correlationId(request), detail: { link, role } })
    })
  }
}
