import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import { UserService } from '../../auth/user.service.js'
import { WebSessions, type SignedOut } from '../../auth/web-session.service.js'
import type { UserId } from '../../ids/ids.js'
import { AdminAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { JsonBody, reason } from '../http/json-body.js'

const signOutBody = z.strictObject({ reason })

@ApiTags('admin: users')
@Controller('api/v1/admin/users')
@AdminAccess()
export class UsersController {
  constructor(
    private readonly changes: Changes,
    private readonly users: UserService,
    private readonly sessions: WebSessions,
    private readonly audit: AuditService,
  ) {}

  @Post(':user/sign-out')
  @HttpCode(200)
  @ApiOperation({
    summary: 'End all browser sessions of a person, and every access token that was issued in them',
  })
  async signOut(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('user') user: UserId,
    @JsonBody(signOutBody) { reason: why }: z.infer<typeof signOutBody>,
  ): Promise<SignedOut> {
    return this.changes.by(caller, async (tx) => {
      if (!(await this.users.isKnown(tx, user))) throw new ApiProblem('not-found', 'There is no such user.')
      const ended = await this.sessions.endAllOf(tx, user)
      const event = { actor: caller.id, action: 'signed-out', objectId: user, outcome: 'done' } as const
      const detail = { by: caller.id, reason: why, ...ended }
      await this.audit.record(tx, { ...event, correlationId: correlationId(request), detail })
      return ended
    })
  }
}
