import { Controller, Get, Post, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../../http/access.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import type { ApiUser } from '../../auth/api-user.js'
import { BootstrapGuard } from '../guards/bootstrap.guard.js'
import { Bootstrap, type BootstrapRequest } from './bootstrap.js'
import { GetFileWopiSrc } from './get-file-wopi-src.js'
import { GetNewAccessToken } from './get-new-access-token.js'
import { GetRootContainer } from './get-root-container.js'
import type { TokenHolder } from './wopi-url-issuer.js'
import { WopiError } from '../protocol/wopi-error.js'
import { WopiExceptionFilter } from '../protocol/wopi-exception.filter.js'
import { header } from '../protocol/wopi-headers.js'

/** WOPI.md §11: how Office's own applications find the documents of somebody who has signed in. */
@ApiExcludeController()
@Controller('wopibootstrapper')
@DeclareAccess('bearer')
@UseGuards(BootstrapGuard)
@UseFilters(WopiExceptionFilter)
export class BootstrapperController {
  constructor(
    private readonly bootstrap: Bootstrap,
    private readonly getNewAccessToken: GetNewAccessToken,
    private readonly getRootContainer: GetRootContainer,
    private readonly getFileWopiSrc: GetFileWopiSrc,
  ) {}

  @Get()
  async begin(@Req() request: BootstrapRequest): Promise<Answer> {
    request.operation = this.bootstrap
    return this.answer(request, {})
  }

  @Post()
  async operate(@Req() request: BootstrapRequest): Promise<Answer> {
    // The documentation has a header of its own for this, a request class of the validator the usual one.
    const override = header(request, 'X-WOPI-EcosystemOperation') ?? header(request, 'X-WOPI-Override')
    if (override === undefined) throw new WopiError('header-missing', 'X-WOPI-EcosystemOperation is required')
    const holder = newSession(request.user)
    switch (override) {
      case 'GET_NEW_ACCESS_TOKEN':
        request.operation = this.getNewAccessToken
        return this.answer(request, { AccessTokenInfo: await this.getNewAccessToken.infoFor(request) })
      case 'GET_ROOT_CONTAINER':
        request.operation = this.getRootContainer
        return this.answer(request, { RootContainerInfo: await this.getRootContainer.rootFor(holder) })
      case 'GET_WOPI_SRC_WITH_ACCESS_TOKEN':
        request.operation = this.getFileWopiSrc
        return this.answer(request, { WopiSrcInfo: await this.getFileWopiSrc.sourceFor(holder, request) })
      default:
        throw new WopiError('operation-unknown', `the operation ${override} is not supported here`)
    }
  }

  private async answer(request: BootstrapRequest, more: object): Promise<Answer> {
    const bootstrap = await this.bootstrap.infoFor(request, newSession(request.user))
    return jsonAnswer(200, { Bootstrap: bootstrap, ...more })
  }
}

/** Tokens are for the person, not for the role: nobody behind one is an administrator, and an auditor gets none. */
function newSession({ id, role }: ApiUser): TokenHolder {
  if (role === 'auditor') throw new WopiError('no-right', 'auditors open no documents')
  return { user: { id }, mode: 'edit', tokenExpiresAt: undefined, openedIn: undefined, webSession: undefined }
}
