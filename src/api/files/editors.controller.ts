import { Controller, Get } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { z } from 'zod'
import { Editors } from '../../discovery/editors.js'
import { AdminAccess } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { CheckedQuery, pageOf, pageQuery, readCursor, type Page, type PageQuery } from '../http/query.js'
import { editorView } from '../http/views.js'

const editorCursor = z.string().max(32)

@ApiTags('admin: editors')
@Controller('api/v1/admin/editors')
@AdminAccess()
export class EditorsController {
  constructor(private readonly editors: Editors) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({
    summary: 'Which editors there are, whether they can be reached, and how they prove themselves',
  })
  list(@CheckedQuery(pageQuery) { limit, cursor }: PageQuery): Page<unknown> {
    const before = readCursor(cursor, editorCursor)
    const from = 1 + this.editors.all.findIndex(({ setting }) => setting.name === before)
    const rows = this.editors.all.slice(from, from + limit + 1)
    return pageOf(rows, limit, editorView, ({ setting }) => setting.name)
  }
}
