import { Module } from '@nestjs/common'
import { PassportModule } from '@nestjs/passport'
import { AccessService } from './access.service.js'
import { ContainerAccessService } from './container-access.service.js'
import { GrantService } from './sharing/grant.service.js'
import { SaveConflicts } from './tokens/save-conflicts.js'
import { ShareLinkPurger } from './sharing/share-link-purger.js'
import { ShareLinkService } from './sharing/share-link.service.js'
import { AccessTokenService } from './tokens/access-token.service.js'
import { FileUrlTickets } from './tokens/file-url-tickets.js'
import { IssuedTokens } from './tokens/issued-tokens.js'
import { WopiTokenStrategy } from './tokens/wopi-token.strategy.js'

const services = [
  AccessService,
  AccessTokenService,
  ContainerAccessService,
  FileUrlTickets,
  IssuedTokens,
  GrantService,
  SaveConflicts,
  ShareLinkService,
]

/** What may you? Who you are is AuthModule's. */
@Module({
  imports: [PassportModule],
  providers: [...services, ShareLinkPurger, WopiTokenStrategy],
  exports: services,
})
export class PermissionModule {}
