import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../audit/audit.service.js'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import { correlationId } from '../http/correlation-id.js'
import { AccessTokenService } from '../permission/access-token.service.js'
import { USER_ID, type ApiUser } from '../permission/api-user.js'
import { RANK } from '../permission/role.js'
import { UserService } from '../permission/user.service.js'
import { ApiProblem } from './api-problem.js'
import { FileGate } from './file-gate.js'

export const tokenBody = z.strictObject({
  mode: z.enum(['view', 'edit']),
  onBehalfOf: z.string().regex(USER_ID, 'must be letters and digits').optional(),
})

/** Issues a WOPI access token to whoever may have it: one for a file and one for a container differ in nothing else. */
@Injectable()
export class AccessTokenDesk {
  constructor(
    private readonly database: Database,
    private readonly gate: FileGate,
    private readonly tokens: AccessTokenService,
    private readonly users: UserService,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  async issue(
    request: IncomingMessage,
    caller: ApiUser,
    { kind, id }: { readonly kind: 'file' | 'container'; readonly id: string },
    { mode, onBehalfOf }: z.infer<typeof tokenBody>,
  ): Promise<unknown> {
    if (onBehalfOf !== undefined && caller.role !== 'admin') {
      throw new ApiProblem('not-allowed', 'Only an administrator can ask for somebody else.')
    }
    if (kind === 'file') await this.gate.requireFile(caller, id, 'viewer')
    else await this.gate.requireContainer(caller, id, 'viewer')
    const userId = onBehalfOf ?? caller.id
    await this.users.introduce(this.database, userId)
    const role = await this.gate.personalRole(userId, { kind, id })
    const need = mode === 'edit' ? 'editor' : 'viewer'
    if (!role || RANK[role] < RANK[need]) {
      throw new ApiProblem('not-allowed', `${userId} may not ${mode} this ${kind}.`)
    }
    const issued = await this.database.transaction(async (tx) => {
      const token = await this.tokens.issue({ userId, resource: kind, resourceId: id, mode }, tx)
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
    return { accessToken, accessTokenTtl, jti, wopiSrc: `${this.settings.publicUrl}/wopi/${kind}s/${id}` }
  }
}
