import { Controller, Get, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { ContainerId } from '../../ids/ids.js'
import { ContainerService } from '../../storage/containers/container.service.js'
import { checkName } from '../../storage/files/file-name.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { Changes } from '../http/changes.js'
import { FileAuthorization, noSuch } from '../files/file-authorization.js'
import { CheckedQuery, pageOf, pageQuery, readCursor, text, type Page } from '../http/query.js'

const parent = text.max(64).brand<'ContainerId'>().optional()
const createQuery = z.object({ name: text, parent })
const listQuery = pageQuery.extend({ parent })

@ApiTags('containers')
@Controller('api/v1/containers')
@BearerAccess()
export class ContainersController {
  constructor(
    private readonly changes: Changes,
    private readonly authorization: FileAuthorization,
    private readonly containers: ContainerService,
    private readonly audit: AuditService,
  ) {}

  @Post()
  @ApiOperation({ summary: "Create a container in `parent`, by default the caller's own" })
  async create(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @CheckedQuery(createQuery) query: z.infer<typeof createQuery>,
  ): Promise<unknown> {
    const name = checkName(query.name)
    const parentId = await this.authorization.requireContainer(caller, query.parent, 'editor')
    const folder = { kind: 'container', id: parentId } as const
    return this.changes.beside(caller, folder, 'editor', async (tx) => {
      const id = await this.containers.create(tx, parentId, name, caller.id)
      const event = { actor: caller.id, action: 'container-created', objectId: id, outcome: 'done' } as const
      await this.audit.record(tx, {
        ...event,
        correlationId: correlationId(request),
        detail: { name, parentId },
      })
      return { id, name, parentId, ownerId: caller.id }
    })
  }

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'The containers that the caller owns, and those shared with the caller' })
  async list(
    @Caller() caller: ApiUser,
    @CheckedQuery(listQuery) { limit, cursor, parent }: z.infer<typeof listQuery>,
  ): Promise<Page<unknown>> {
    const afterId = readCursor(cursor, text.brand<'ContainerId'>())
    const rows = await this.containers.list(caller.id, { parentId: parent, afterId, limit: limit + 1 })
    return pageOf(
      rows,
      limit,
      ({ id, name, parentId }) => ({ id, name, parentId }),
      (row) => row.id,
    )
  }

  @Get(':id')
  @AuditorMayRead()
  @ApiOperation({ summary: 'One container' })
  async one(@Caller() caller: ApiUser, @Param('id') id: ContainerId): Promise<unknown> {
    await this.authorization.requireContainerFacts(caller, id, 'viewer')
    const container = await this.containers.find(id)
    if (!container) throw noSuch('container')
    return { id, name: container.name, parentId: container.parentId, ownerId: container.ownerId }
  }
}
