import { Injectable } from '@nestjs/common'
import { Database, type Queryable } from '../database/database.js'
import { DatabaseClock } from '../database/database-clock.js'
import type { ContainerId, UserId } from '../ids/ids.js'
import { ECOSYSTEM, type AccessTokenClaims, type OpenedIn } from './tokens/access-token.claims.js'
import { CONTAINER_ACCESS, ECOSYSTEM_ACCESS, type TokenRow } from './container-access.statements.js'
import { roleOf, type Role } from './role.js'

/** What is known of a presented token, whatever it is for. */
export interface TokenAccess {
  readonly token: 'live' | 'expired' | 'revoked'
  readonly tokenExpiresAt: Date
  readonly mode: 'view' | 'edit'
  readonly user: { readonly id: UserId }
  /** For tokens that come out of this one. */
  readonly openedIn: OpenedIn | undefined
  /** The browser session that it ends with, and those that come out of it. */
  readonly webSession: string | undefined
}

/** What a WOPI token can do to its container at this moment. */
export interface ContainerAccess extends TokenAccess {
  /** The user's live role; undefined when every right is gone. */
  readonly role: Role | undefined
  readonly container: { readonly id: ContainerId; readonly name: string; readonly isRoot: boolean }
}

/** As `AccessService`, for what is no file: nothing is cached here either. */
@Injectable()
export class ContainerAccessService {
  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * @param on the transaction, where one is open: asking beside it would need a second connection
   * @returns 'unknown-token' when no such token was issued for this container
   */
  async ofToken(
    claims: AccessTokenClaims,
    containerId: ContainerId,
    on: Queryable = this.database,
  ): Promise<ContainerAccess | 'unknown-token' | 'no-such-container'> {
    if (claims.resourceId !== containerId) return 'unknown-token'
    const [row] = await on.query(CONTAINER_ACCESS, [claims.jti, claims.userId, containerId])
    if (!row) return 'unknown-token'
    if (row.name === null) return 'no-such-container'
    return {
      ...tokenOf(claims, row, this.clock.now()),
      role: roleOf(row.rank),
      container: { id: containerId, name: row.name, isRoot: row.parent_id === null },
    }
  }

  /** @returns 'unknown-token' when the token was not issued for the ecosystem */
  async ofEcosystemToken(claims: AccessTokenClaims): Promise<TokenAccess | 'unknown-token'> {
    if (claims.resourceId !== ECOSYSTEM) return 'unknown-token'
    const [row] = await this.database.query(ECOSYSTEM_ACCESS, [claims.jti, claims.userId])
    return row ? tokenOf(claims, row, this.clock.now()) : 'unknown-token'
  }
}

function tokenOf(
  { userId, expiresAt, openedIn }: AccessTokenClaims,
  row: TokenRow,
  now: number,
): TokenAccess {
  return {
    token: row.token === 'live' && expiresAt * 1000 <= now ? 'expired' : row.token,
    tokenExpiresAt: new Date(row.expires_at * 1000),
    mode: row.mode,
    user: { id: userId },
    openedIn,
    webSession: row.web_session ?? undefined,
  }
}
