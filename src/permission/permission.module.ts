import { Module, type Provider } from '@nestjs/common'
import { PassportModule } from '@nestjs/passport'
import { Settings } from '../config/settings.js'
import { AccessTokenService } from './access-token.service.js'
import { AccessService } from './access.service.js'
import { ContainerAccessService } from './container-access.service.js'
import { EmbeddedApiStrategy } from './embedded-api.strategy.js'
import { GrantService } from './grant.service.js'
import { findIssuer, IssuerApiStrategy } from './issuer-api.strategy.js'
import { IssuedTokens } from './issued-tokens.js'
import { UserService } from './user.service.js'
import { WopiTokenStrategy } from './wopi-token.strategy.js'

// With an identity provider Tandem's own bearer tokens are worth nothing: there is exactly one way in.
const apiStrategy: Provider = {
  provide: 'ApiStrategy',
  inject: [Settings, UserService],
  useFactory: async (settings: Settings, users: UserService) =>
    settings.oidc
      ? new IssuerApiStrategy(settings.oidc, await findIssuer(settings.oidc.issuer), users)
      : new EmbeddedApiStrategy(settings, users),
}

@Module({
  imports: [PassportModule],
  providers: [
    AccessService,
    AccessTokenService,
    ContainerAccessService,
    IssuedTokens,
    GrantService,
    UserService,
    WopiTokenStrategy,
    apiStrategy,
  ],
  exports: [
    AccessService,
    AccessTokenService,
    ContainerAccessService,
    IssuedTokens,
    GrantService,
    UserService,
  ],
})
export class PermissionModule {}
