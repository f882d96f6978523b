import { Controller, Get, Param, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { AuditService } from '../audit/audit.service.js'
import { Database } from '../database/database.js'
import { Answer } from '../http/answer.js'
import { correlationId } from '../http/correlation-id.js'
import { downloadHeaders } from '../http/download.js'
import type { ApiUser } from '../permission/api-user.js'
import { BlobStore } from '../storage/blob-store.js'
import { RecoveryService } from '../storage/recovery.service.js'
import { BearerAccess, Caller } from './api-access.js'
import { ApiProblem } from './api-problem.js'
import { AuditorMayRead } from './api-role.guard.js'
import { BinKeeper } from './bin-keeper.js'
import { recoveryView } from './views.js'

/** Saves that came after their file was deleted, and those that were refused before: they are restored with it. */
@ApiTags('bin')
@Controller('api/v1/bin/:id/recovery-items')
@BearerAccess()
export class BinnedItemsController {
  constructor(
    private readonly database: Database,
    private readonly keeper: BinKeeper,
    private readonly recovery: RecoveryService,
    private readonly blobs: BlobStore,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Refused saves of a deleted file, oldest first' })
  async list(@Caller() caller: ApiUser, @Param('id') id: string): Promise<unknown> {
    const { sha256 } = await this.keeper.requireFacts(caller, id)
    const items = await this.recovery.list(id)
    return { items: items.map((item) => recoveryView(item, sha256)), nextCursor: null }
  }

  @Get(':item/content')
  @ApiOperation({ summary: 'Download the refused bytes' })
  async download(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: string,
    @Param('item') itemId: string,
  ): Promise<Answer> {
    const { name } = await this.keeper.require(caller, id)
    const item = await this.recovery.find(id, itemId)
    if (!item) throw new ApiProblem('not-found', 'There is no such recovery item.')
    const event = { actor: caller.id, action: 'recovery-downloaded', objectId: id, outcome: 'done' } as const
    const detail = { item: itemId }
    await this.audit.record(this.database, { ...event, correlationId: correlationId(request), detail })
    const size = Number(item.size)
    return new Answer(200, downloadHeaders(name), await this.blobs.read(item.blob, size), size)
  }
}
