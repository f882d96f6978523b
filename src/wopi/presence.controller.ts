import { Controller, HttpCode, Param, Post, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import type { Seen } from '../coauth-status/session.js'
import { DeclareAccess } from '../http/access.js'
import type { WopiRequest } from './operation.js'
import { Sightings } from './sightings.js'
import { WopiAccess } from './wopi-access.js'
import { WopiError } from './wopi-error.js'
import { WopiExceptionFilter } from './wopi-exception.filter.js'
import { WopiTokenGuard } from './wopi-token.guard.js'

const EVENTS: Readonly<Record<string, Seen>> = {
  here: { kind: 'read' },
  edited: { kind: 'edited' },
  unmodified: { kind: 'unmodified' },
  left: { kind: 'left' },
}

/**
 * What the page around an editor tells about its own person: the strongest source of co-authoring status (DESIGN.md §6).
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
    private readonly sightings: Sightings,
  ) {}

  @Post(':event')
  @HttpCode(204)
  async tell(@Req() request: WopiRequest, @Param('event') event: string): Promise<void> {
    const { mode } = await this.access.require(request, 'read')
    const seen = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined
    if (!seen) throw new WopiError('operation-unknown', 'the event must be here, edited, unmodified or left')
    if (mode === 'view' && (event === 'edited' || event === 'unmodified'))
      throw new WopiError('no-right', 'the access token was not issued for editing')
    this.sightings.note(request, seen)
  }
}
