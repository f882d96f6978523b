import { Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import { Bin } from '../../storage/files/bin.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { BinKeeper } from './bin-keeper.js'
import { OptionalJsonBody } from '../http/json-body.js'
import { CheckedQuery, id, pageOf, pageQuery, readCursor, text, timestamp, type Page } from '../http/query.js'
import { binView, fileView } from '../http/views.js'

const listQuery = pageQuery.extend({
  owner: id.brand<'UserId'>().optional().describe('Only files of this person'),
})
const binCursor = z.object({ deletedAt: timestamp, id: text.brand<'FileId'>() })
const restoreBody = z.strictObject({
  container: text.max(64).brand<'ContainerId'>().optional().describe('Instead of the one that it was in'),
})

@ApiTags('bin')
@Controller('api/v1/bin')
@BearerAccess()
export class BinController {
  constructor(
    private readonly bin: Bin,
    private readonly keeper: BinKeeper,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Deleted files that the caller may have back, latest first; administrators: all' })
  async list(
    @Caller() caller: ApiUser,
    @CheckedQuery(listQuery) { limit, cursor, owner }: z.infer<typeof listQuery>,
  ): Promise<Page<unknown>> {
    const of = caller.role === 'user' ? caller.id : undefined
    const rows = await this.bin.list(of, owner, readCursor(cursor, binCursor), limit + 1)
    return pageOf(
      rows,
      limit,
      ({ file }) => binView(file),
      (row) => row.cursor,
    )
  }

  @Get(':id')
  @AuditorMayRead()
  @ApiOperation({ summary: 'One deleted file' })
  async one(@Caller() caller: ApiUser, @Param('id') fileId: FileId): Promise<unknown> {
    return binView(await this.keeper.requireFacts(caller, fileId))
  }

  @Post(':id/restore')
  @HttpCode(200)
  @ApiOperation({
    summary: "Put a file back where it was, or into `container`; where that is gone, among its owner's files",
  })
  async restore(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') fileId: FileId,
    @OptionalJsonBody(restoreBody) { container }: z.infer<typeof restoreBody>,
  ): Promise<unknown> {
    const by = { caller, correlationId: correlationId(request) }
    return fileView(await this.keeper.restore(by, fileId, container))
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End a deleted file for good, with its versions and recovery items' })
  async purge(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') fileId: FileId,
  ): Promise<void> {
    await this.keeper.purge({ caller, correlationId: correlationId(request) }, fileId)
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'End all deleted files that the caller owns, for good' })
  async empty(@Req() request: IncomingMessage, @Caller() caller: ApiUser): Promise<void> {
    await this.keeper.empty({ caller, correlationId: correlationId(request) })
  }
}
