import { Controller, Get, HttpCode, Param, Post, Put, Req } from '@nestjs/common'
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { Database } from '../../database/database.js'
import { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { downloadHeaders } from '../../http/download.js'
import { contentLength, uploadOf } from '../../http/request-body.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import { ContentUploads } from '../../saving/content-upload.js'
import { ReceivedBlobs } from '../../saving/received-blob.js'
import { Restores } from '../../saving/restore.js'
import type { FileVersion } from '../../storage/versions/file-version.entity.js'
import { VersionService } from '../../storage/versions/version.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { ContentChanger, noSuchVersion } from './content-changer.js'
import { FileAuthorization } from './file-authorization.js'
import { contentOf, SoundContent } from './sound-content.js'
import { CheckedQuery, pageOf, pageQuery, readCursor, truth, type Page } from '../http/query.js'
import { versionView } from '../http/views.js'

const versionNumber = z.string().regex(/^\d{1,18}$/)
const listQuery = pageQuery.extend({
  all: truth.default('false').describe('Also the saves that a later one of the same ten minutes stands for'),
})

@ApiTags('content and versions')
@Controller('api/v1/files/:id')
@BearerAccess()
export class ContentController {
  constructor(
    private readonly authorization: FileAuthorization,
    private readonly received: ReceivedBlobs,
    private readonly versions: VersionService,
    private readonly contents: ContentChanger,
    private readonly uploads: ContentUploads,
    private readonly restores: Restores,
    private readonly sound: SoundContent,
    private readonly audit: AuditService,
    private readonly database: Database,
  ) {}

  @Get('content')
  @ApiOperation({ summary: 'Download the current content' })
  async download(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
  ): Promise<Answer> {
    const file = await this.authorization.requireFile(caller, id, 'viewer')
    const { name, size, version } = file
    await this.record(request, caller, 'file-downloaded', id, version)
    const headers = { ...downloadHeaders(name), ETag: `"${version}"` }
    const body = await this.sound.download(caller, file, { fileId: id, version })
    return new Answer(200, headers, body, size)
  }

  @Put('content')
  @ApiOperation({ summary: 'Upload new content: 409 while somebody edits the file, 412 when it has changed' })
  @ApiHeader({
    name: 'If-Match',
    required: true,
    description: 'The version the upload is based on, in quotes',
  })
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async upload(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
  ): Promise<unknown> {
    const file = await this.authorization.requireFile(caller, id, 'editor')
    const base = baseVersion(request)
    await using received = await this.received.receive(uploadOf(request), contentLength(request))
    return await this.contents.changed(caller, id, (right) =>
      this.uploads.upload({ file, right, base, received, correlationId: correlationId(request) }),
    )
  }

  @Get('versions')
  @AuditorMayRead()
  @ApiOperation({ summary: 'The history, newest first' })
  async list(
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @CheckedQuery(listQuery) { limit, cursor, all }: z.infer<typeof listQuery>,
  ): Promise<Page<unknown>> {
    await this.authorization.requireFileFacts(caller, id, 'viewer')
    const page = { before: readCursor(cursor, versionNumber), limit: limit + 1 }
    const rows = await this.versions.list(id, all === 'true' ? 'all' : 'listed', page)
    return pageOf(rows, limit, versionView, (row) => row.version)
  }

  @Get('versions/:version/content')
  @ApiOperation({ summary: 'Download an earlier content' })
  async downloadVersion(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('version') version: string,
  ): Promise<Answer> {
    const { name } = await this.authorization.requireFile(caller, id, 'viewer')
    const content = contentOf(await this.requireVersion(id, version))
    await this.record(request, caller, 'version-downloaded', id, version)
    const headers = { ...downloadHeaders(name), ETag: `"${version}"` }
    const body = await this.sound.download(caller, content, { fileId: id, version })
    return new Answer(200, headers, body, content.size)
  }

  @Post('versions/:version/restore')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make an earlier content the newest version: 409 while somebody edits the file' })
  async restore(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('version') version: string,
  ): Promise<unknown> {
    await this.authorization.requireFile(caller, id, 'editor')
    const found = contentOf(await this.requireVersion(id, version))
    const content = await this.sound.require(found, { fileId: id, version })
    const restore = { fileId: id, content, correlationId: correlationId(request) }
    return this.contents.changed(caller, id, (right) => this.restores.version({ ...restore, right }, version))
  }

  /** Before a byte goes out: what cannot be audited is not handed out, least of all to an administrator (L-06). */
  private async record(
    request: IncomingMessage,
    { id: actor, role }: ApiUser,
    action: 'file-downloaded' | 'version-downloaded',
    objectId: string,
    version: string,
  ): Promise<void> {
    const event = { actor, action, objectId, outcome: 'done', correlationId: correlationId(request) }
    await this.audit.record(this.database, { ...event, detail: { version, role } })
  }

  private async requireVersion(fileId: FileId, version: string): Promise<FileVersion> {
    const found = versionNumber.safeParse(version).success && (await this.versions.find(fileId, version))
    if (!found) throw noSuchVersion()
    return found
  }
}

function baseVersion({ headers }: IncomingMessage): string {
  const [, version] = /^(?:W\/)?"(\d{1,18})"$/.exec(headers['if-match'] ?? '') ?? []
  if (version === undefined) {
    throw new ApiProblem(
      'version-required',
      'Send If-Match: "VERSION" with the version that the upload is based on.',
    )
  }
  return version
}
