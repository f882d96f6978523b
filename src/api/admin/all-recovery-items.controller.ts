import { Controller, Get } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { z } from 'zod'
import { RECOVERY_REASONS } from '../../storage/recovery/recovery-item.entity.js'
import { RecoveryList } from '../../storage/recovery/recovery-list.js'
import { AdminAccess } from '../http/api-access.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import {
  CheckedQuery,
  id,
  pageOf,
  pageQuery,
  readCursor,
  text,
  timestamp,
  truth,
  type Page,
} from '../http/query.js'
import { listedItemView } from '../http/views.js'

const listQuery = pageQuery.extend({
  file: id.optional(),
  user: id.optional().describe('Whose token the refused save came with'),
  reason: z.enum(RECOVERY_REASONS, `must be one of ${RECOVERY_REASONS.join(', ')}`).optional(),
  open: truth.optional().describe('true: nobody has dealt with it yet; false: somebody has'),
})
const itemCursor = z.object({ at: timestamp, id: text })

@ApiTags('admin: recovery items')
@Controller('api/v1/admin/recovery-items')
@AdminAccess()
export class AllRecoveryItemsController {
  constructor(private readonly items: RecoveryList) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({ summary: 'Saves of all files that were refused and kept, newest first' })
  async list(@CheckedQuery(listQuery) query: z.infer<typeof listQuery>): Promise<Page<unknown>> {
    const { limit, cursor, ...filter } = query
    const items = await this.items.list(filter, readCursor(cursor, itemCursor), limit + 1)
    return pageOf(items, limit, listedItemView, (item) => ({ at: item.cursor, id: item.id }))
  }
}
