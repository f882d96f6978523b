import { Controller, Get, Param } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { FileAuthorization } from './file-authorization.js'

@ApiTags('co-authoring')
@Controller('api/v1/files/:id/coauth-status')
@BearerAccess()
export class CoauthStatusController {
  constructor(
    private readonly authorization: FileAuthorization,
    private readonly status: CoauthStatusService,
  ) {}

  /** Presence is shown only to those who may edit, auditors and administrators (RELIABILITY-SECURITY.md §3.7). */
  @Get()
  @AuditorMayRead()
  @ApiOperation({
    summary: 'Who is editing, what is unsaved, whose token saves next, may a batch job touch the file',
  })
  async of(@Caller() caller: ApiUser, @Param('id') id: FileId): Promise<unknown> {
    await this.authorization.requireFileFacts(caller, id, 'editor')
    const status = await this.status.ofFile(id)
    if (!status) throw new ApiProblem('not-found', 'The file was deleted meanwhile.')
    return status
  }
}
