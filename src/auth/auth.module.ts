import { Module, type Provider } from '@nestjs/common'
import { PassportModule } from '@nestjs/passport'
import { Settings } from '../config/settings.js'
import { DatabaseClock } from '../database/database-clock.js'
import { Logger } from '../logging/logger.js'
import { EmbeddedApiStrategy } from './embedded-api.strategy.js'
import { SignIn } from './identity-provider.js'
import { IssuerApiStrategy } from './issuer-api.strategy.js'
import { UserService } from './user.service.js'
import { WebSessions } from './web-session.service.js'
import { WebSessionStrategy } from './web-session.strategy.js'

const signIn: Provider = {
  provide: SignIn,
  inject: [Settings, Logger],
  useFactory: (settings: Settings, logger: Logger) => SignIn.with(settings, logger),
}

// With an identity provider Tandem's own bearer tokens are worth nothing: there is exactly one way in.
const apiStrategy: Provider = {
  provide: 'ApiStrategy',
  inject: [Settings, SignIn, UserService, DatabaseClock, Logger],
  useFactory: (
    settings: Settings,
    signIn: SignIn,
    users: UserService,
    clock: DatabaseClock,
    logger: Logger,
  ) =>
    settings.oidc
      ? new IssuerApiStrategy(settings.oidc, signIn.require, users, clock, logger)
      : new EmbeddedApiStrategy(settings, users, clock),
}

/** Who are you? What you may do is PermissionModule's. */
@Module({
  imports: [PassportModule],
  providers: [UserService, WebSessions, WebSessionStrategy, signIn, apiStrategy],
  exports: [SignIn, UserService, WebSessions],
})
export class AuthModule {}
