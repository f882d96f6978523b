import { Controller, Get, Param, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import type { Answer } from '../../http/answer.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import { RecoveryService } from '../../storage/recovery/recovery.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { BinKeeper } from './bin-keeper.js'
import { RecoveryDownloads } from './recovery-downloads.js'
import { recoveryView } from '../http/views.js'

/** Saves that came after their file was deleted, and those that were refused before: they are restored with it. */
@ApiTags('bin')
@Controller('api/v1/bin/:id/recovery-items')
@BearerAccess()
export class BinnedItemsController {
  constructor(
    private readonly keeper: BinKeeper,
    private readonly recovery: RecoveryService,
    private readonly downloads: RecoveryDownloads,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Refused saves of a deleted file, oldest first' })
  async list(@Caller() caller: ApiUser, @Param('id') id: FileId): Promise<unknown> {
    const { sha256 } = await this.keeper.requireFacts(caller, id)
    const items = await this.recovery.list(id)
    return { items: items.map((item) => recoveryView(item, sha256)), nextCursor: null }
  }

  @Get(':item/content')
  @ApiOperation({ summary: 'Download the refused bytes' })
  async download(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('item') itemId: string,
  ): Promise<Answer> {
    const { name } = await this.keeper.require(caller, id)
    const item = await this.recovery.find(id, itemId)
    if (!item) throw new ApiProblem('not-found', 'There is no such recovery item.')
    return this.downloads.answer(request, caller, { fileId: id, name }, item)
  }
}
