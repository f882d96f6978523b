import { Module, type Provider } from '@nestjs/common'
import { PassportModule } from '@nestjs/passport'
import { Settings } from '../config/settings.js'
import { DatabaseClock } from '../database/database-clock.js'
import { Logger } from '../logging/logger.js'
import { AccessTokenService } from './access-token.service.js'
import { AccessService } from './access.service.js'
import { ContainerAccessService } from './container-access.service.js'
import { EmbeddedApiStrategy } from './embedded-api.strategy.js'
import { FileUrlTickets } from './file-url-tickets.js'
import { GrantService } from './grant.service.js'
import { IssuerApiStrategy } from './issuer-api.strategy.js'
import { IssuedTokens } from './issued-tokens.js'
import { SaveConflicts } from './save-conflicts.js'
import { ShareLinkPurger } from './share-link-purger.js'
import { ShareLinkService } from './share-link.service.js'
import { SignIn } from './sign-in.js'
import { UserService } from './user.service.js'
import { WebSessions } from './web-session.service.js'
import { WebSessionStrategy } from './web-session.strategy.js'
import { WopiTokenStrategy } from './wopi-token.strategy.js'

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

@Module({
  imports: [PassportModule],
  providers: [
    AccessService,
    AccessTokenService,
    ContainerAccessService,
    FileUrlTickets,
    IssuedTokens,
    GrantService,
    SaveConflicts,
    ShareLinkPurger,
    ShareLinkService,
    UserService,
    WebSessions,
    WebSessionStrategy,
    WopiTokenStrategy,
    signIn,
    apiStrategy,
  ],
  exports: [
    AccessService,
    AccessTokenService,
    ContainerAccessService,
    FileUrlTickets,
    IssuedTokens,
    GrantService,
    SaveConflicts,
    ShareLinkService,
    SignIn,
    UserService,
    WebSessions,
  ],
})
export class PermissionModule {}
