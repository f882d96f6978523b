import { Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { CoauthStatusService, type SessionView } from '../../coauth-status/coauth-status.service.js'
import type { Forecast } from '../../coauth-status/forecast.js'
import { EventLog, eventView } from '../../events/event-log.js'
import { correlationId } from '../../http/correlation-id.js'
import type { ApiUser } from '../../auth/api-user.js'
import { AdminAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { JsonBody, reason } from '../http/json-body.js'
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
import { SessionTermination } from './session-termination.js'

const sessionsQuery = pageQuery.extend({
  file: id.brand<'FileId'>().optional(),
  user: id.brand<'UserId'>().optional().describe('User id of somebody who was ever in it'),
  open: truth.optional(),
  application: z.enum(['word', 'excel', 'powerpoint', 'other']).optional(),
})

const sessionCursor = z.strictObject({ startedAt: timestamp, id: text.max(64) })
const eventCursor = z.string().regex(/^\d{1,18}$/)
const forecastQuery = z.object({ user: id.brand<'UserId'>() })
const endQuery = z.object({ force: truth.default('false').describe('However busy the file is') })
const endBody = z.strictObject({ reason })

@ApiTags('admin: sessions')
@Controller('api/v1/admin/sessions')
@AdminAccess()
export class SessionsController {
  constructor(
    private readonly status: CoauthStatusService,
    private readonly events: EventLog,
    private readonly termination: SessionTermination,
  ) {}

  @AuditorMayRead()
  @Get()
  @ApiOperation({ summary: 'Editing sessions, newest first' })
  async list(@CheckedQuery(sessionsQuery) query: z.infer<typeof sessionsQuery>): Promise<Page<SessionView>> {
    const { file, user, open, application, limit, cursor } = query
    const filter = { fileId: file, userId: user, open: open && open === 'true', application }
    const rows = await this.status.list(filter, readCursor(cursor, sessionCursor), limit + 1)
    return pageOf(
      rows,
      limit,
      (row) => row.session,
      (row) => row.cursor,
    )
  }

  @AuditorMayRead()
  @Get(':id')
  @ApiOperation({ summary: 'One session with everybody who was ever in it' })
  async one(@Param('id') id: string): Promise<SessionView> {
    return (await this.status.session(id)) ?? noSuchSession()
  }

  @AuditorMayRead()
  @Get(':id/events')
  @ApiOperation({ summary: 'What happened in a session, in order' })
  async eventsOf(
    @Param('id') id: string,
    @CheckedQuery(pageQuery) { limit, cursor }: z.infer<typeof pageQuery>,
  ): Promise<Page<unknown>> {
    await this.one(id)
    const after = readCursor(cursor, eventCursor) ?? '0'
    const rows = await this.events.after(after, { sessionId: id, limit: limit + 1 })
    return pageOf(rows, limit, eventView, (row) => row.id)
  }

  @AuditorMayRead()
  @Get(':id/revocation-forecast')
  @ApiOperation({ summary: 'What happens to whom, and by when, if this person loses the right to edit now' })
  async forecast(
    @Param('id') id: string,
    @CheckedQuery(forecastQuery) { user }: z.infer<typeof forecastQuery>,
  ): Promise<Forecast> {
    return (await this.status.forecast(id, user)) ?? noSuchSession()
  }

  @Post(':id/end')
  @HttpCode(204)
  @ApiOperation({
    summary:
      'End a session and take its lock away: 409 while somebody works, unless forced; what is saved later is kept',
  })
  async end(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: string,
    @CheckedQuery(endQuery) { force }: z.infer<typeof endQuery>,
    @JsonBody(endBody) { reason: why }: z.infer<typeof endBody>,
  ): Promise<void> {
    await this.termination.end(id, {
      caller,
      reason: why,
      evenIfBusy: force === 'true',
      correlationId: correlationId(request),
    })
  }
}

function noSuchSession(): never {
  throw new ApiProblem('not-found', 'There is no such session.')
}
