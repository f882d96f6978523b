import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database } from '../../database/database.js'
import { Editors, type FoundAction } from '../../discovery/editors.js'
import { correlationId } from '../../http/correlation-id.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { AccessTokenService } from '../../permission/tokens/access-token.service.js'
import { USER_ID, type ApiUser } from '../../auth/api-user.js'
import { isAtLeast } from '../../permission/role.js'
import { UserService } from '../../auth/user.service.js'
import { splitName } from '../../storage/files/file-name.js'
import type { Head } from '../../storage/files/file.service.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { FileAuthorization } from '../files/file-authorization.js'

export const tokenBody = z.strictObject({
  mode: z.enum(['view', 'edit']),
  onBehalfOf: z.string().regex(USER_ID, 'must be letters and digits').brand<'UserId'>().optional(),
})

/** Containers are opened in no editor's page. */
export const fileTokenBody = z.strictObject({
  ...tokenBody.shape,
  editor: z.string().max(32).optional().describe('Of EDITORS; without one, the first that can'),
})

/** Issues a WOPI access token to whoever may have it: that of a file also says which page opens it. */
@Injectable()
export class AccessTokenIssuer {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly authorization: FileAuthorization,
    private readonly tokens: AccessTokenService,
    private readonly users: UserService,
    private readonly audit: AuditService,
    private readonly editors: Editors,
    private readonly settings: Settings,
  ) {}

  async issue(
    request: IncomingMessage,
    caller: ApiUser,
    resource: GrantedObject,
    { mode, onBehalfOf, editor }: z.infer<typeof fileTokenBody>,
  ): Promise<unknown> {
    if (onBehalfOf !== undefined && caller.role !== 'admin') {
      throw new ApiProblem('not-allowed', 'Only an administrator can ask for somebody else.')
    }
    const { kind, id } = resource
    const file = await this.require(caller, resource)
    const userId = onBehalfOf ?? caller.id
    await this.users.ensureAccount(this.database, userId)
    const wopiSrc = `${this.settings.publicUrl}/wopi/${kind}s/${id}`
    const page = file && this.pageFor(file, mode, wopiSrc, editor)
    const issued = await this.changes.beside(caller, resource, 'viewer', async (tx) => {
      const role = await this.authorization.personalRole(userId, resource, tx)
      const need = mode === 'edit' ? 'editor' : 'viewer'
      if (!role || !isAtLeast(role, need)) {
        throw new ApiProblem('not-allowed', `${userId} may not ${mode} this ${kind}.`)
      }
      const token = await this.tokens.issue(
        { userId, resource: kind, resourceId: id, mode, openedIn: page, webSession: caller.webSession },
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

  /** @returns the file, when it is one */
  private async require(caller: ApiUser, { kind, id }: GrantedObject): Promise<Head | undefined> {
    if (kind === 'file') return this.authorization.requireFile(caller, id, 'viewer')
    await this.authorization.requireContainer(caller, id, 'viewer')
    return undefined
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
