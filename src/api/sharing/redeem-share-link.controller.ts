import { Controller, HttpCode, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import { ShareLinkService } from '../../permission/sharing/share-link.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { JsonBody } from '../http/json-body.js'

const redeemBody = z.strictObject({
  link: z.string().max(200).describe('What stands behind share= in the address of the link'),
})

@ApiTags('share links')
@Controller('api/v1/share-links')
@BearerAccess()
export class RedeemShareLinkController {
  constructor(
    private readonly changes: Changes,
    private readonly links: ShareLinkService,
    private readonly audit: AuditService,
  ) {}

  @Post('redeem')
  @HttpCode(200)
  @ApiOperation({ summary: 'Open a link: the caller gets its role for as long as the link is good' })
  async redeem(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @JsonBody(redeemBody) body: z.infer<typeof redeemBody>,
  ): Promise<unknown> {
    return this.changes.by(caller, async (tx) => {
      const redeemed = await this.links.redeem(tx, body.link, caller.id)
      if (!redeemed) {
        throw new ApiProblem('no-such-link', 'The link is wrong, has expired, or is no good any more.')
      }
      const { linkId, kind, object_id: id, role, name, first } = redeemed
      if (first) {
        const event = {
          actor: caller.id,
          action: 'share-link-redeemed',
          objectId: id,
          outcome: 'done',
        } as const
        const detail = { link: linkId, role }
        await this.audit.record(tx, { ...event, correlationId: correlationId(request), detail })
      }
      return { kind, id, role, name }
    })
  }
}
