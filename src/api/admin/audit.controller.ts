import { Controller, Get } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { z } from 'zod'
import { AuditTrail } from '../../audit/audit-trail.js'
import { AdminAccess } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { CheckedQuery, id, pageOf, pageQuery, readCursor, text, type Page } from '../http/query.js'
import { auditView } from '../http/views.js'

// PostgreSQL refuses years and offsets that ISO 8601 allows; what is left is given to it in UTC.
const instant = text
  .regex(/^[12]\d{3}-/, 'must be a time such as 2026-11-21T08:00:00Z')
  .pipe(z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-21T08:00:00Z' }))
  .transform((value) => new Date(value).toISOString())
  .optional()
const listQuery = pageQuery.extend({
  actor: id.optional().describe('User id'),
  action: id.optional().describe('Such as save, grant, lock-broken'),
  object: id.optional().describe('Id of the file or container'),
  outcome: id.optional().describe('done, or why it was refused'),
  from: instant.describe('This moment or later'),
  to: instant.describe('Before this moment'),
  correlationId: id.optional(),
})
const auditCursor = z.string().regex(/^\d{1,18}$/)

@ApiTags('admin: audit')
@Controller('api/v1/admin/audit')
@AdminAccess()
export class AuditController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Who did what, newest first' })
  async list(@CheckedQuery(listQuery) query: z.infer<typeof listQuery>): Promise<Page<unknown>> {
    const { limit, cursor, ...filter } = query
    const rows = await this.trail.list(filter, readCursor(cursor, auditCursor), limit + 1)
    return pageOf(rows, limit, auditView, (row) => row.id)
  }
}
