import { Controller, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../audit/audit.service.js'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import { Editors, type FoundAction } from '../discovery/editors.js'
import { correlationId } from '../http/correlation-id.js'
import { AccessTokenService } from '../permission/access-token.service.js'
import { USER_ID, type ApiUser } from '../permission/api-user.js'
import { RANK } from '../permission/role.js'
import { UserService } from '../permission/user.service.js'
import { splitName } from '../storage/file-name.js'
import type { Head } from '../storage/file.service.js'
import { BearerAccess, Caller } from './api-access.js'
import { ApiProblem } from './api-problem.js'
import { FileGate } from './file-gate.js'
import { JsonBody } from './json-body.js'

const tokenBody = z.strictObject({
  mode: z.enum(['view', 'edit']),
  onBehalfOf: z.string().regex(USER_ID, 'must be letters and digits').optional(),
  editor: z.string().max(32).optional().describe('Of EDITORS; without one, the first that can'),
})

@ApiTags('access tokens')
@Controller('api/v1/files/:id/access-tokens')
@BearerAccess()
export class AccessTokensController {
  constructor(
    private readonly database: Database,
    private readonly gate: FileGate,
    private readonly tokens: AccessTokenService,
    private readonly users: UserService,
    private readonly audit: AuditService,
    private readonly editors: Editors,
    private readonly settings: Settings,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Issue a WOPI access token for one person and this file' })
  async issue(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: string,
    @JsonBody(tokenBody) { mode, onBehalfOf, editor }: z.infer<typeof tokenBody>,
  ): Promise<unknown> {
    if (onBehalfOf !== undefined && caller.role !== 'admin') {
      throw new ApiProblem('not-allowed', 'Only an administrator can ask for somebody else.')
    }
    const head = await this.gate.requireFile(caller, id, 'viewer')
    const userId = onBehalfOf ?? caller.id
    await this.users.introduce(this.database, userId)
    const role = await this.gate.personalRole(userId, id)
    const need = mode === 'edit' ? 'editor' : 'viewer'
    if (!role || RANK[role] < RANK[need]) {
      throw new ApiProblem('not-allowed', `${userId} may not ${mode} this file.`)
    }
    const wopiSrc = `${this.settings.publicUrl}/wopi/files/${id}`
    const page = this.pageFor(head, mode, wopiSrc, editor)
    const issued = await this.database.transaction(async (tx) => {
      const token = await this.tokens.issue(
        { userId, resource: 'file', resourceId: id, mode, openedIn: page },
        tx,
      )
      const event = {
        actor: caller.id,
        action: 'access-token-issued',
        objectId: id,
        outcome: 'done',
      } as const
      const detail = { userId, mode, jti: token.jti }
      await this.audit.record(tx, { ...event, correlationId: correlationId(request), detail })
      return token
    })
    const { accessToken, accessTokenTtl, jti } = issued
    const opens = page && { actionUrl: page.url, editor: page.editor }
    return { accessToken, accessTokenTtl, jti, wopiSrc, ...opens }
  }

  /** Where the token can be posted to. Without a wish for one editor it is no failure that there is none. */
  private pageFor(
    { name }: Head,
    action: 'view' | 'edit',
    wopiSrc: string,
    editor: string | undefined,
  ): FoundAction | undefined {
    const { extension } = splitName(name)
    const found = this.editors.actionFor({ extension, action, wopiSrc, editor })
    if ('url' in found) return found
    if (editor !== undefined) throw new ApiProblem('invalid-request', `No page: ${found.reason}.`)
    return undefined
  }
}
