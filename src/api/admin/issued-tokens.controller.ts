import { Controller, Delete, Get, HttpCode, Param, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { correlationId } from '../../http/correlation-id.js'
import type { TokenId } from '../../ids/ids.js'
import { AccessTokenService } from '../../permission/tokens/access-token.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import { IssuedTokens, TOKEN_STATES } from '../../permission/tokens/issued-tokens.js'
import { AdminAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { CheckedQuery, id, pageOf, pageQuery, readCursor, text, timestamp, type Page } from '../http/query.js'
import { tokenView } from '../http/views.js'

const listQuery = pageQuery.extend({
  user: id.brand<'UserId'>().optional(),
  file: id.brand<'FileId'>().optional(),
  state: z.enum(TOKEN_STATES, 'must be live, expired or revoked').optional(),
})
const tokenCursor = z.object({ issuedAt: timestamp, jti: text.brand<'TokenId'>() })

@ApiTags('admin: access tokens')
@Controller('api/v1/admin/access-tokens')
@AdminAccess()
export class IssuedTokensController {
  constructor(
    private readonly changes: Changes,
    private readonly issued: IssuedTokens,
    private readonly tokens: AccessTokenService,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Which access tokens were issued, newest first; never the tokens themselves' })
  async list(@CheckedQuery(listQuery) query: z.infer<typeof listQuery>): Promise<Page<unknown>> {
    const { limit, cursor, ...filter } = query
    const rows = await this.issued.list(filter, readCursor(cursor, tokenCursor), limit + 1)
    return pageOf(rows, limit, tokenView, (row) => ({ issuedAt: row.cursor, jti: row.jti }))
  }

  @Delete(':jti')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke one access token; it counts at the very next call' })
  async revoke(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('jti') jti: TokenId,
  ): Promise<void> {
    await this.changes.by(caller, async (tx) => {
      const outcome = await this.tokens.revoke(tx, jti)
      if (outcome === 'no-such-token') throw new ApiProblem('not-found', 'There is no such token.')
      // A script that lost the first answer may simply ask again.
      if (outcome === 'revoked-before') return
      const { userId, resourceId } = outcome
      const event = {
        actor: caller.id,
        action: 'access-token-revoked',
        objectId: resourceId,
        outcome: 'done',
      } as const
      await this.audit.record(tx, {
        ...event,
        correlationId: correlationId(request),
        detail: { jti, userId },
      })
    })
  }
}
