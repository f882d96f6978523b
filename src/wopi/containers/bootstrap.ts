import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { AuditService } from '../../audit/audit.service.js'
import { Database } from '../../database/database.js'
import { correlationId } from '../../http/correlation-id.js'
import { ECOSYSTEM } from '../../permission/tokens/access-token.claims.js'
import type { ApiUser } from '../../auth/api-user.js'
import { WopiUrlIssuer, type TokenHolder } from './wopi-url-issuer.js'

/** A request of somebody who has signed in at the identity provider. */
export interface BootstrapRequest extends IncomingMessage {
  user: ApiUser
  /** For the log. */
  operation: { readonly name: string }
}

/** WOPI.md §11.1: who it is, and where everything that is theirs is found. */
@Injectable()
export class Bootstrap {
  readonly name = 'Bootstrap'

  constructor(
    private readonly database: Database,
    private readonly urls: WopiUrlIssuer,
    private readonly audit: AuditService,
  ) {}

  async infoFor(request: BootstrapRequest, session: TokenHolder): Promise<Record<string, unknown>> {
    const { id, displayName, principalName } = request.user
    const url = await this.urls.to(session, { kind: 'ecosystem' })
    await this.audit.record(this.database, {
      actor: id,
      action: 'access-token-issued',
      objectId: ECOSYSTEM,
      outcome: 'done',
      correlationId: correlationId(request),
      detail: { userId: id, mode: session.mode, by: 'bootstrapper' },
    })
    return {
      EcosystemUrl: url,
      UserId: id,
      SignInName: principalName ?? id,
      UserFriendlyName: displayName,
    }
  }
}
