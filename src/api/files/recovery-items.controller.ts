import { Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { AuditService, type AuditAction } from '../../audit/audit.service.js'
import type { Tx } from '../../database/database.js'
import type { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import { GrantService } from '../../permission/sharing/grant.service.js'
import { splitName } from '../../storage/files/file-name.js'
import { NewFiles } from '../../saving/new-file.js'
import { Restores } from '../../saving/restore.js'
import { RecoveryService } from '../../storage/recovery/recovery.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { Changes } from '../http/changes.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { ContentChanger, noSuchItem } from './content-changer.js'
import { FileAuthorization } from './file-authorization.js'
import { RecoveryDownloads } from './recovery-downloads.js'
import { contentOf, SoundContent } from './sound-content.js'
import { fileView, recoveryView } from '../http/views.js'

/**
 * The bytes of refused saves. They hold everybody's edits, so everybody who may still edit sees them, and the one who
 * lost the right does not (RELIABILITY-SECURITY.md §3.4).
 */
@ApiTags('recovery items')
@Controller('api/v1/files/:id/recovery-items')
@BearerAccess()
export class RecoveryItemsController {
  constructor(
    private readonly changes: Changes,
    private readonly authorization: FileAuthorization,
    private readonly grants: GrantService,
    private readonly recovery: RecoveryService,
    private readonly newFiles: NewFiles,
    private readonly restores: Restores,
    private readonly sound: SoundContent,
    private readonly contents: ContentChanger,
    private readonly audit: AuditService,
    private readonly downloads: RecoveryDownloads,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Saves that were refused and kept, oldest first' })
  async list(@Caller() caller: ApiUser, @Param('id') id: FileId): Promise<unknown> {
    const head = await this.authorization.requireFileFacts(caller, id, 'editor')
    const items = await this.recovery.list(id)
    return { items: items.map((item) => recoveryView(item, head.sha256)), nextCursor: null }
  }

  @Get(':item/content')
  @ApiOperation({ summary: 'Download the refused bytes' })
  async download(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('item') itemId: string,
  ): Promise<Answer> {
    const { name } = await this.authorization.requireFile(caller, id, 'editor')
    const item = await this.recovery.find(id, itemId)
    if (!item) throw noSuchItem()
    return this.downloads.answer(request, caller, { fileId: id, name }, item)
  }

  @Post(':item/restore')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make the refused bytes the newest version: 409 while somebody edits the file' })
  async restore(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('item') itemId: string,
  ): Promise<unknown> {
    await this.authorization.requireFile(caller, id, 'editor')
    const item = await this.recovery.find(id, itemId)
    if (!item) throw noSuchItem()
    const content = await this.sound.require(contentOf(item), { fileId: id })
    const restore = { fileId: id, content, correlationId: correlationId(request) }
    return this.contents.changed(caller, id, (right) =>
      this.restores.recoveryItem({ ...restore, right }, { itemId, editors: item.editors }),
    )
  }

  @Post(':item/save-copy')
  @ApiOperation({
    summary:
      'Make the refused bytes a file of the caller: beside the first with the right to write there, else in the caller’s own container',
  })
  async saveCopy(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('item') itemId: string,
  ): Promise<unknown> {
    const head = await this.authorization.requireFile(caller, id, 'editor')
    const containerId = await this.authorization.folderForCopy(caller, head.containerId)
    const folder = { kind: 'container', id: containerId } as const
    const kept = await this.recovery.find(id, itemId)
    if (!kept) throw noSuchItem()
    const content = await this.sound.require(contentOf(kept), { fileId: id })
    const { stem, extension } = splitName(head.name)
    const copy = await this.newFiles.create({
      containerId,
      name: `${stem} (recovered)${extension}`,
      naming: 'numbered',
      owner: caller.id,
      content,
      correlationId: correlationId(request),
      stillMay: async (tx) => {
        await this.changes.lockFile(tx, caller, id, 'editor')
        await this.changes.lockForShare(tx, caller, folder, 'editor')
        if (!(await this.recovery.lock(tx, id, itemId))) throw noSuchItem()
      },
      alongside: async (tx, made) => {
        // The bytes hold other people's edits as well; with the item gone they must find them in the copy.
        await this.grants.copy(tx, head, made.id, caller.id)
        await this.recovery.resolve(tx, itemId, 'saved-as-copy')
      },
      audit: (made) => ({
        action: 'recovery-saved-as-copy',
        objectId: id,
        detail: { item: itemId, copy: made.id },
      }),
    })
    return fileView(copy)
  }

  @Delete(':item')
  @HttpCode(204)
  @ApiOperation({ summary: 'Discard the refused bytes' })
  async discard(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @Param('item') itemId: string,
  ): Promise<void> {
    await this.changes.toFile(caller, id, 'owner', async (tx) => {
      if (!(await this.recovery.lock(tx, id, itemId))) throw noSuchItem()
      await this.recovery.resolve(tx, itemId, 'discarded')
      await this.record(tx, request, caller, id, 'recovery-discarded', { item: itemId })
    })
  }

  private async record(
    tx: Tx,
    request: IncomingMessage,
    caller: ApiUser,
    fileId: FileId,
    action: AuditAction,
    detail: Record<string, string>,
  ): Promise<void> {
    const event = { actor: caller.id, action, objectId: fileId, outcome: 'done' }
    await this.audit.record(tx, { ...event, correlationId: correlationId(request), detail })
  }
}
