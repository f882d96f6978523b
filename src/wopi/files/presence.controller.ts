import { Controller, HttpCode, Param, Post, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { z } from 'zod'
import type { PresenceSignal } from '../../coauth-status/session/session.js'
import { DeclareAccess } from '../../http/access.js'
import { mayEdit } from '../../permission/access.service.js'
import { USER_ID } from '../../auth/api-user.js'
import type { TokenRequest } from '../protocol/operation.js'
import { smallJsonBody } from '../protocol/small-body.js'
import { PresenceReporter } from './presence-reporter.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'
import { WopiExceptionFilter } from '../protocol/wopi-exception.filter.js'
import { WopiTokenGuard } from '../guards/wopi-token.guard.js'

/** What pages tell of changes. */
const OF_CHANGES: ReadonlySet<string> = new Set(['edited', 'modified', 'unmodified'])

const EVENTS: Readonly<Record<string, PresenceSignal>> = {
  here: { kind: 'here' },
  edited: { kind: 'edited' },
  modified: { kind: 'modified' },
  unmodified: { kind: 'unmodified' },
  left: { kind: 'left' },
}

/** As many as an editor lets into one document, and more. */
const together = z.object({ userIds: z.array(z.string().regex(USER_ID)).max(1000) })

/**
 * What the page around an editor tells about its own person: the strongest source of co-authoring status (hazards.md §3.7).
 * Believed for the status only, never for a right: the person could forge it.
 */
@ApiExcludeController()
@Controller('wopi/files/:id/presence')
@DeclareAccess('wopi-token')
@UseGuards(WopiTokenGuard)
@UseFilters(WopiExceptionFilter)
export class PresenceController {
  constructor(
    private readonly access: WopiAccess,
    private readonly presenceReporter: PresenceReporter,
  ) {}

  /** The people whom Collabora lists in the document: their own pages may be asleep, or there may be none. */
  @Post('together')
  @HttpCode(204)
  async tellOfOthers(@Req() request: TokenRequest): Promise<void> {
    const access = await this.access.require(request, 'read')
    if (!mayEdit(access)) throw new WopiError('no-right', 'only editors can vouch for others')
    const parsed = together.safeParse(await smallJsonBody(request))
    if (!parsed.success) throw new WopiError('body-invalid', 'the body has no list of user ids')
    this.presenceReporter.note(request, { kind: 'together', userIds: parsed.data.userIds })
  }

  @Post(':event')
  @HttpCode(204)
  async tell(@Req() request: TokenRequest, @Param('event') event: string): Promise<void> {
    const access = await this.access.require(request, 'read')
    const seen = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined
    if (!seen)
      throw new WopiError(
        'operation-unknown',
        'the event must be here, together, edited, modified, unmodified or left',
      )
    if (access.mode === 'view' && OF_CHANGES.has(event))
      throw new WopiError('no-right', 'the access token was not issued for editing')
    // By this a page learns that its person may no longer edit, long before the editor asks.
    if (access.mode === 'edit' && event !== 'left' && !mayEdit(access))
      throw new WopiError('no-right', 'the right to edit is gone')
    this.presenceReporter.note(request, seen)
  }
}
