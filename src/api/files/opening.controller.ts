import { Controller, Get, Param } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { z } from 'zod'
import type { FileId } from '../../ids/ids.js'
import { OpeningService } from '../../opening/opening.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { CheckedQuery, text } from '../http/query.js'

const openingQuery = z.object({
  mode: z.enum(['view', 'edit']).default('edit'),
  editor: text.max(32).optional().describe('Of EDITORS; without one, the first that can'),
})

@ApiTags('files')
@Controller('api/v1/files/:id/opening')
@BearerAccess()
export class OpeningController {
  constructor(private readonly openings: OpeningService) {}

  @Get()
  @ApiOperation({
    summary: 'What the caller would get who opens the file now: to edit or to read, in which editor, and why',
  })
  async of(
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @CheckedQuery(openingQuery) { mode, editor }: z.infer<typeof openingQuery>,
  ): Promise<unknown> {
    const opening = await this.openings.open(caller.id, id, mode, editor)
    if (!opening)
      throw new ApiProblem('not-found', 'There is no such file, or it is not shared with the caller.')
    const { page, readOnly } = opening
    return {
      mode: opening.mode,
      readOnly: readOnly ?? null,
      editor: 'url' in page ? page.editor : null,
      application: 'url' in page ? page.application : null,
      unavailable: 'url' in page ? null : page.reason,
    }
  }
}
