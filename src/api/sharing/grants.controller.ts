import { Controller, Delete, Get, HttpCode, Param, Put, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import { GrantService, isSubject } from '../../permission/sharing/grant.service.js'
import { ROLES } from '../../permission/role.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { JsonBody } from '../http/json-body.js'
import { objectAt, ResourceAuthorization } from './resource-authorization.js'
import { grantView } from '../http/views.js'

const grantBody = z.strictObject({ role: z.enum(ROLES) })

@ApiTags('grants')
@Controller('api/v1/:kind/:id/grants')
@BearerAccess()
export class GrantsController {
  constructor(
    private readonly changes: Changes,
    private readonly authorization: ResourceAuthorization,
    private readonly grants: GrantService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Who else may use the file or container' })
  async list(
    @Caller() caller: ApiUser,
    @Param('kind') kind: string,
    @Param('id') id: string,
  ): Promise<unknown> {
    const object = await this.authorization.requireReadable(caller, kind, id)
    const grants = await this.grants.list(object)
    return { items: grants.map(grantView), nextCursor: null }
  }

  @Put(':subject')
  @ApiOperation({ summary: 'Grant a role to user:ID, group:ID or everyone' })
  async grant(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('kind') kind: string,
    @Param('id') id: string,
    @Param('subject') subject: string,
    @JsonBody(grantBody) { role }: z.infer<typeof grantBody>,
  ): Promise<unknown> {
    const object = objectAt(kind, id)
    if (!isSubject(subject)) {
      throw new ApiProblem('invalid-request', 'The subject must be user:ID, group:ID or everyone.')
    }
    return this.changes.toObject(caller, object, async (tx) => {
      const { grant, previousRole } = await this.grants.grant(tx, object, subject, role, caller.id)
      const event = { actor: caller.id, action: 'grant', objectId: id, outcome: 'done' } as const
      await this.audit.record(tx, {
        ...event,
        correlationId: correlationId(request),
        detail: { subject, role, ...(previousRole ? { previousRole } : {}) },
      })
      return grantView(grant)
    })
  }

  @Delete(':subject')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a grant away; it counts at the very next call' })
  async revoke(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('kind') kind: string,
    @Param('id') id: string,
    @Param('subject') subject: string,
  ): Promise<void> {
    const object = objectAt(kind, id)
    await this.changes.toObject(caller, object, async (tx) => {
      const role = await this.grants.revoke(tx, object, subject)
      if (!role) {
        throw new ApiProblem('not-found', `${subject} has no grant here.`)
      }
      const event = { actor: caller.id, action: 'grant-removed', objectId: id, outcome: 'done' } as const
      await this.audit.record(tx, {
        ...event,
        correlationId: correlationId(request),
        detail: { subject, role },
      })
    })
  }
}
