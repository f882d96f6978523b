import { Module, type Provider } from '@nestjs/common'
import { PassportModule } from '@nestjs/passport'
import { Settings } from '../config/settings.js'
import { DatabaseClock } from '../database/database-clock.js'
import { Logger } from '../logging/logger.js'
import { EmbeddedApiStrategy } from './embedded-api.strategy.js'
import { IdentityProvider } from './identity-provider.js'
import { IssuerApiStrategy } from './issuer-api.strategy.js'
import { UserService } from './user.service.js'
import { WebSessions } from './web-session.service.js'
import { WebSessionStrategy } from './web-session.strategy.js'

const identityProvider: Provider = {
  provide: IdentityProvider,
  inject: [Settings, Logger],
  useFactory: (settings: Settings, logger: Logger) => IdentityProvider.with(settings, logger),
}

// With an identity provider Tandem's own bearer tokens are worth nothing: there is exactly one way in.
const apiStrategy: Provider = {
  provide: 'ApiStrategy',
  inject: [Settings, IdentityProvider, UserService, DatabaseClock, Logger],
  useFactory: (
    settings: Settings,
    identityProvider: IdentityProvider,
    users: UserService,
    clock: DatabaseClock,
    logger: Logger,
  ) =>
    settings.oidc
      ? new IssuerApiStrategy(settings.oidc, identityProvider.require, users, clock, logger)
      : new EmbeddedApiStrategy(settings, users, clock),
}

/** Who are you? What you may do is PermissionModule's. */
@Module({
  imports: [PassportModule],
  providers: [UserService, WebSessions, WebSessionStrategy, identityProvider, apiStrategy],
  exports: [IdentityProvider, UserService, WebSessions],
})
export class AuthModule {}
