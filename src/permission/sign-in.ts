import type { Settings } from '../config/settings.js'
import { findIssuer, type IssuerMetadata } from './issuer-api.strategy.js'

/** Where bearer tokens come from. Asked of the identity provider once, at start, and never on behalf of a caller. */
export class SignIn {
  private constructor(
    /** Undefined in embedded mode, where `npm run token` prints them. */
    readonly issuer: IssuerMetadata | undefined,
  ) {}

  static async with({ oidc }: Pick<Settings, 'oidc'>): Promise<SignIn> {
    return new SignIn(oidc && (await findIssuer(oidc.issuer)))
  }
}
