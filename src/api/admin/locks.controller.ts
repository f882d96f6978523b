import { Controller, Delete, Get, HttpCode, Param, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { correlationId } from '../../http/correlation-id.js'
import type { FileId } from '../../ids/ids.js'
import { HeldLocks } from '../../lock/held-locks.js'
import type { ApiUser } from '../../auth/api-user.js'
import { AdminAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { JsonBody, reason } from '../http/json-body.js'
import { ForceUnlock } from './force-unlock.js'
import { CheckedQuery, id, pageOf, pageQuery, readCursor, text, truth, type Page } from '../http/query.js'
import { lockView } from '../http/views.js'

const listQuery = pageQuery.extend({
  kind: z.enum(['wopi', 'exclusive', 'coauth'], 'must be wopi, exclusive or coauth').optional(),
  holder: id.brand<'UserId'>().optional().describe('User id of who took it'),
  file: id.brand<'FileId'>().optional(),
  container: id.brand<'ContainerId'>().optional().describe('Files in it, or anywhere below it'),
})
const breakQuery = z.object({ force: truth.default('false').describe('However busy the file is') })
const breakBody = z.strictObject({ reason })

@ApiTags('admin: locks')
@Controller('api/v1/admin/locks')
@AdminAccess()
export class LocksController {
  constructor(
    private readonly heldLocks: HeldLocks,
    private readonly forceUnlock: ForceUnlock,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Which files are locked now, by whom, and until when' })
  async list(@CheckedQuery(listQuery) query: z.infer<typeof listQuery>): Promise<Page<unknown>> {
    const { limit, cursor, kind, holder, file, container } = query
    const page = { afterFileId: readCursor(cursor, text.brand<'FileId'>()), limit: limit + 1 }
    const locks = await this.heldLocks.list({ kind, holder, fileId: file, containerId: container }, page)
    return pageOf(locks, limit, lockView, (lock) => lock.file_id)
  }

  @Get(':file')
  @AuditorMayRead()
  @ApiOperation({ summary: 'The lock of one file: 404 while it has none' })
  async one(@Param('file') file: FileId): Promise<unknown> {
    const lock = await this.heldLocks.find(file)
    if (!lock) throw new ApiProblem('not-found', 'There is no such file, or it is not locked.')
    return lockView(lock)
  }

  @Delete(':file')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Take a lock away from whoever holds it: 409 while it is in use, unless forced',
  })
  async break(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('file') file: FileId,
    @CheckedQuery(breakQuery) { force }: z.infer<typeof breakQuery>,
    @JsonBody(breakBody) { reason: why }: z.infer<typeof breakBody>,
  ): Promise<void> {
    await this.forceUnlock.break(file, {
      caller,
      reason: why,
      evenIfBusy: force === 'true',
      correlationId: correlationId(request),
    })
  }
}
