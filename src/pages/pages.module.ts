import { Module } from '@nestjs/common'
import { OpeningModule } from '../opening/opening.module.js'
import { AuthModule } from '../auth/auth.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { DocumentsPageController } from './documents-page.controller.js'
import { HostPageController } from './host-page.controller.js'
import { Pages } from './pages.js'
import { SignInPageController } from './sign-in-page.controller.js'

@Module({
  imports: [AuthModule, OpeningModule, PermissionModule],
  controllers: [SignInPageController, DocumentsPageController, HostPageController],
  providers: [Pages],
})
export class PagesModule {}
