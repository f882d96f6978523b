import { Controller, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import type { ApiUser } from '../../auth/api-user.js'
import type { ContainerId, FileId } from '../../ids/ids.js'
import { AccessTokenIssuer, fileTokenBody, tokenBody } from './access-token-issuer.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { JsonBody } from '../http/json-body.js'

@ApiTags('access tokens')
@Controller('api/v1')
@BearerAccess()
export class AccessTokensController {
  constructor(private readonly issuer: AccessTokenIssuer) {}

  @Post('files/:id/access-tokens')
  @ApiOperation({ summary: 'Issue a WOPI access token for one person and this file' })
  forFile(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @JsonBody(fileTokenBody) body: z.infer<typeof fileTokenBody>,
  ): Promise<unknown> {
    return this.issuer.issue(request, caller, { kind: 'file', id }, body)
  }

  @Post('containers/:id/access-tokens')
  @ApiOperation({ summary: 'Issue a WOPI access token for one person and this container' })
  forContainer(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: ContainerId,
    @JsonBody(tokenBody) body: z.infer<typeof tokenBody>,
  ): Promise<unknown> {
    return this.issuer.issue(request, caller, { kind: 'container', id }, body)
  }
}
