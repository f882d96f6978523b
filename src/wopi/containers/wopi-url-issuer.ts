import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { ECOSYSTEM } from '../../permission/tokens/access-token.claims.js'
import { AccessTokenService, type TokenResource } from '../../permission/tokens/access-token.service.js'
import type { TokenAccess } from '../../permission/container-access.service.js'
import type { Role } from '../../permission/role.js'
import type { GrantedObject } from '../../permission/sharing/grant.service.js'
import { containerSrc, ecosystemSrc, wopiSrc } from '../protocol/wopi-src.js'

/** Whose token the new ones come out of. */
export interface TokenHolder extends Pick<TokenAccess, 'user' | 'mode' | 'openedIn' | 'webSession'> {
  /** Undefined for somebody who has just signed in: a new session begins. */
  readonly tokenExpiresAt: Date | undefined
}

/** What an address is wanted for, with the holder's live right to it. */
export type UrlTarget = (GrantedObject & { readonly role: Role }) | { readonly kind: 'ecosystem' }

/**
 * Addresses with an access token in them. Each token is for exactly what its address names and for the same user. It
 * ends when the presented one and its browser session do, names the same editor, and lets edit only what its user may
 * edit: going from one to the next 50 times gains nothing (RELIABILITY-SECURITY.md T-08).
 */
@Injectable()
export class WopiUrlIssuer {
  constructor(
    private readonly tokens: AccessTokenService,
    private readonly settings: Settings,
  ) {}

  async to(holder: TokenHolder, pointed: UrlTarget): Promise<string> {
    const [url] = await this.toAll(holder, [pointed])
    if (url === undefined) throw new Error('no token was issued')
    return url
  }

  /** In the order of `pointed`. */
  async toAll(holder: TokenHolder, pointed: readonly UrlTarget[]): Promise<string[]> {
    const resources = pointed.map((one) => resourceOf(holder, one))
    const { user, tokenExpiresAt: until, openedIn, webSession } = holder
    const issued = await this.tokens.issueAll(user.id, resources, { until, openedIn, webSession })
    return issued.map(({ accessToken }, i) => {
      const one = pointed[i]
      if (!one) throw new Error('a token too many was issued')
      return `${this.sourceOf(one)}?access_token=${accessToken}`
    })
  }

  private sourceOf(pointed: UrlTarget): string {
    switch (pointed.kind) {
      case 'file':
        return wopiSrc(this.settings, pointed.id)
      case 'container':
        return containerSrc(this.settings, pointed.id)
      case 'ecosystem':
        return ecosystemSrc(this.settings)
    }
  }
}

function resourceOf({ mode }: Pick<TokenHolder, 'mode'>, pointed: UrlTarget): TokenResource {
  if (pointed.kind === 'ecosystem') return { kind: 'ecosystem', id: ECOSYSTEM, mode }
  const { kind, id, role } = pointed
  // In a folder that somebody only sees, such as the root, may be what they edit: each answer asks for their live role.
  if (kind === 'container') return { kind, id, mode }
  // An edit token for a file is for those who may edit it, as at the REST face: editors' names are believed by it.
  return { kind, id, mode: role === 'viewer' ? 'view' : mode }
}
