import type { OnApplicationShutdown } from '@nestjs/common'
import type { Settings } from '../config/settings.js'
import type { Logger } from '../logging/logger.js'
import { IssuerAway } from './issuer-away.js'
import { findIssuer, type IssuerMetadata } from './issuer-api.strategy.js'

const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 30_000

/**
 * Where bearer tokens come from. The identity provider is asked at start, and never on behalf of a caller. While it does
 * not answer Tandem starts all the same, and asks again: editors have access tokens, and people their sessions; nobody
 * needs the provider for what is open already.
 */
export class IdentityProvider implements OnApplicationShutdown {
  private found: IssuerMetadata | undefined
  private trouble = 'it has not answered yet'
  private waitMs = FIRST_WAIT_MS
  private timer: NodeJS.Timeout | undefined
  private stopping = false

  private constructor(
    private readonly configured: string,
    private readonly logger: Logger,
  ) {}

  /** @throws Error when what answers is not the identity provider of OIDC_ISSUER: waiting would not help */
  static async with({ oidc }: Pick<Settings, 'oidc'>, logger: Logger): Promise<IdentityProvider> {
    const identityProvider = new IdentityProvider(oidc?.issuer ?? '', logger)
    if (oidc) await identityProvider.find().catch((error: unknown) => identityProvider.tryLater(error))
    return identityProvider
  }

  /** Undefined in embedded mode, where `npm run token` prints tokens, and while the provider has not answered. */
  get issuer(): IssuerMetadata | undefined {
    return this.found
  }

  /** @throws IssuerAway */
  readonly require = (): IssuerMetadata => {
    if (!this.found) throw new IssuerAway(this.trouble)
    return this.found
  }

  onApplicationShutdown(): void {
    this.stopping = true
    clearTimeout(this.timer)
  }

  private async find(): Promise<void> {
    this.found = await findIssuer(this.configured)
  }

  private tryLater(error: unknown): void {
    if (!(error instanceof IssuerAway)) throw error
    this.complain(error)
  }

  private complain(error: unknown): void {
    if (this.stopping) return
    this.trouble = error instanceof Error ? error.message : String(error)
    const facts = { event: 'identity-provider-away', reason: this.trouble }
    this.logger.warn(facts, 'nobody can sign in until the identity provider answers; asking again')
    this.timer = setTimeout(() => {
      this.find().then(
        () => {
          const found = { event: 'identity-provider-found' }
          this.logger.info(found, 'the identity provider answers: people can sign in')
        },
        (again: unknown) => {
          this.complain(again)
        },
      )
    }, this.waitMs).unref()
    this.waitMs = Math.min(MAX_WAIT_MS, this.waitMs * 2)
  }
}
