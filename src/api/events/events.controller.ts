import { Controller, Get, Req, Res } from '@nestjs/common'
import { ApiHeader, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { DatabaseClock } from '../../database/database-clock.js'
import { EventLog } from '../../events/event-log.js'
import type { FileId } from '../../ids/ids.js'
import { AccessService } from '../../permission/access.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import { isAtLeast } from '../../permission/role.js'
import { UserService } from '../../auth/user.service.js'
import { WebSessions } from '../../auth/web-session.service.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { AuditorMayRead } from '../http/api-role.guard.js'
import { EventStreams } from './event-streams.js'
import { FileAuthorization } from '../files/file-authorization.js'
import { CheckedQuery, text } from '../http/query.js'

const eventId = text.regex(/^\d{1,18}$/, 'must be the id of an event')
const eventsQuery = z.object({
  file: text.max(64).brand<'FileId'>().optional().describe('Only what happens to this file'),
  after: eventId.optional().describe('Begin after this event; by default with the next one that happens'),
})
type EventsQuery = z.infer<typeof eventsQuery>

@ApiTags('events')
@Controller('api/v1/events')
@BearerAccess()
export class EventsController {
  constructor(
    private readonly log: EventLog,
    private readonly streams: EventStreams,
    private readonly authorization: FileAuthorization,
    private readonly accesses: AccessService,
    private readonly users: UserService,
    private readonly sessions: WebSessions,
    private readonly clock: DatabaseClock,
  ) {}

  @Get()
  @AuditorMayRead()
  @ApiOperation({
    summary:
      'What happens, as it happens (server-sent events): one file for its editors, all for administrators',
  })
  @ApiProduces('text/event-stream')
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Go on after this event; browsers send it by themselves when they reconnect',
  })
  async watch(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Caller() caller: ApiUser,
    @CheckedQuery(eventsQuery) query: EventsQuery,
  ): Promise<void> {
    const begin = lastEventId(request) ?? query.after
    await this.requireRight(caller, query.file)
    const latest = BigInt(await this.log.latest())
    this.streams.open(request, response, {
      user: caller.id,
      fileId: query.file,
      // An id that is not given out yet was seen before the database was restored from a backup.
      after: begin !== undefined && BigInt(begin) < latest ? BigInt(begin) : latest,
      // The stream goes by this machine's clock, the token by the database's.
      endsAt: Date.now() + caller.expiresAt - this.clock.now(),
      mayStill: () => this.mayStill(caller, query.file),
    })
  }

  private async requireRight(caller: ApiUser, fileId: FileId | undefined): Promise<void> {
    if (caller.role === 'user' && fileId === undefined)
      throw new ApiProblem('not-allowed', 'Only administrators and auditors see all events; name a file.')
    if (fileId !== undefined) await this.authorization.requireFileFacts(caller, fileId, 'editor')
  }

  private async mayStill(caller: ApiUser, fileId: FileId | undefined): Promise<boolean> {
    // A bearer token says itself when it ends; a session may be ended by whoever signs out.
    if (caller.webSession !== undefined && !(await this.sessions.lives(caller.webSession))) return false
    if ((await this.users.standing(caller)) !== caller.role) return false
    if (caller.role !== 'user' || fileId === undefined) return true
    return isAtLeast(await this.accesses.roleOnFile(caller.id, fileId), 'editor')
  }
}

/** It wins over the address, which a browser repeats unchanged when it reconnects. */
function lastEventId({ headers }: IncomingMessage): string | undefined {
  const sent = headers['last-event-id']
  if (sent === undefined || sent === '') return undefined
  if (!eventId.safeParse(sent).success)
    throw new ApiProblem('invalid-request', 'Last-Event-ID: must be the id of an event.')
  return String(sent)
}
