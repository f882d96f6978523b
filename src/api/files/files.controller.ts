import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common'
import { ApiConsumes, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import type { CoauthStatus } from '../../coauth-status/status.js'
import { correlationId } from '../../http/correlation-id.js'
import { contentLength, uploadOf } from '../../http/request-body.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import { RANK, roleOf } from '../../permission/role.js'
import { NewFiles } from '../../saving/new-file.js'
import { ReceivedBlobs } from '../../saving/received-blob.js'
import { checkName } from '../../storage/files/file-name.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { Changes } from '../http/changes.js'
import { FileDeletion } from './file-deletion.js'
import { FileAuthorization } from './file-authorization.js'
import {
  CheckedQuery,
  pageOf,
  pageQuery,
  readCursor,
  text,
  timestamp,
  truth,
  type Page,
} from '../http/query.js'
import { fileView } from '../http/views.js'

const createQuery = z.object({
  name: text,
  container: text.max(64).brand<'ContainerId'>().optional().describe("By default the caller's own container"),
})
const deleteQuery = z.object({ force: z.enum(['true', 'false'], 'must be true or false').default('false') })
const listQuery = pageQuery.extend({
  status: truth.default('false').describe('With `coauthStatus` for those files that the caller may edit'),
})
const fileCursor = z.object({ createdAt: timestamp, id: text.brand<'FileId'>() })

@ApiTags('files')
@Controller('api/v1/files')
@BearerAccess()
export class FilesRestController {
  constructor(
    private readonly changes: Changes,
    private readonly authorization: FileAuthorization,
    private readonly files: FileService,
    private readonly received: ReceivedBlobs,
    private readonly newFiles: NewFiles,
    private readonly deletion: FileDeletion,
    private readonly status: CoauthStatusService,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Create a file: the body is its content' })
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async create(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
    @Caller() caller: ApiUser,
    @CheckedQuery(createQuery) query: z.infer<typeof createQuery>,
  ): Promise<unknown> {
    const name = checkName(query.name)
    const containerId = await this.authorization.requireContainer(caller, query.container, 'editor')
    await using received = await this.received.receive(uploadOf(request), contentLength(request))
    const folder = { kind: 'container', id: containerId } as const
    const made = await this.newFiles.create({
      containerId,
      name,
      naming: 'exact',
      owner: caller.id,
      content: received.content,
      received,
      correlationId: correlationId(request),
      stillMay: (tx) => this.changes.lockForShare(tx, caller, folder, 'editor'),
      audit: ({ id }) => ({ action: 'file-created', objectId: id, detail: { name } }),
    })
    response.setHeader('Location', `/api/v1/files/${made.id}`)
    return fileView(made)
  }

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: "The caller's own files and those shared with the caller, oldest first" })
  async list(
    @Caller() caller: ApiUser,
    @CheckedQuery(listQuery) { limit, cursor, status }: z.infer<typeof listQuery>,
  ): Promise<Page<unknown>> {
    const rows = await this.files.list(caller.id, readCursor(cursor, fileCursor), limit + 1)
    const statuses = status === 'true' ? await this.statusesOf(rows) : undefined
    return pageOf(
      rows,
      limit,
      ({ head, rank }) => ({
        ...fileView(head),
        role: roleOf(rank),
        ...(statuses && { coauthStatus: statuses.get(head.id) ?? null }),
      }),
      (row) => row.cursor,
    )
  }

  /** Presence is shown only to those who may edit (RELIABILITY-SECURITY.md §3.7). */
  private async statusesOf(
    rows: readonly { readonly head: Head; readonly rank: number }[],
  ): Promise<ReadonlyMap<string, CoauthStatus>> {
    const editable = rows.filter(({ rank }) => rank >= RANK.editor).map(({ head }) => head.id)
    const statuses = await this.status.ofFiles(editable)
    return new Map(statuses.map((status) => [status.fileId, status]))
  }

  @Get(':id')
  @AuditorMayRead()
  @ApiOperation({ summary: 'One file' })
  async one(@Caller() caller: ApiUser, @Param('id') id: FileId): Promise<unknown> {
    return fileView(await this.authorization.requireFileFacts(caller, id, 'viewer'))
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a file: 409 while somebody edits it, unless forced' })
  async delete(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @CheckedQuery(deleteQuery) { force }: z.infer<typeof deleteQuery>,
  ): Promise<void> {
    await this.deletion.delete(caller, id, correlationId(request), { evenIfEdited: force === 'true' })
  }
}
