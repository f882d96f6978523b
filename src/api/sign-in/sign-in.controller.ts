import { Controller, Get, HttpCode, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import { Settings } from '../../config/settings.js'
import { Database } from '../../database/database.js'
import { DeclareAccess } from '../../http/access.js'
import { correlationId } from '../../http/correlation-id.js'
import { apiUser } from '../../auth/api-claims.js'
import type { ApiUser } from '../../auth/api-user.js'
import { EMBEDDED_ROLE } from '../../auth/bearer-token.js'
import { readSignInCode } from '../../auth/sign-in-link.js'
import { UserService } from '../../auth/user.service.js'
import { WebSessions } from '../../auth/web-session.service.js'
import type { UserId } from '../../ids/ids.js'
import { Caller } from '../http/api-access.js'
import { ApiExceptionFilter } from '../http/api-exception.filter.js'
import { JsonBody } from '../http/json-body.js'
import { RefusedSignIn } from '../http/refused-right.js'
import { SameOrigin } from '../http/same-origin.guard.js'

const signInBody = z.strictObject({ code: z.string().max(2000).describe('What follows # in a sign-in link') })

const USED_UP = 'The sign-in link is no longer good: each works once, for a quarter of an hour.'

/** How a browser comes to be signed in, and stops being so. */
@ApiTags('signing in')
@Controller('api/v1')
@DeclareAccess('public')
@UseFilters(ApiExceptionFilter)
export class SignInController {
  constructor(
    private readonly database: Database,
    private readonly users: UserService,
    private readonly sessions: WebSessions,
    private readonly sameOrigin: SameOrigin,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  @Post('sign-in')
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign this browser in with the code of a sign-in link (embedded mode)' })
  async signIn(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
    @JsonBody(signInBody) { code }: z.infer<typeof signInBody>,
  ): Promise<void> {
    this.sameOrigin.require(request)
    const claims = this.settings.oidc ? undefined : readSignInCode(this.settings.tokenSecrets, code)
    const user = claims && (await apiUser(claims, EMBEDDED_ROLE, this.users))
    if (!user) throw new RefusedSignIn(USED_UP, claims?.sub)
    const before = await this.sessions.find(request)
    const cookie = await this.database.transaction(async (tx) => {
      const opened = await this.sessions.open(tx, claims.jti ?? '', user, before)
      if (opened !== undefined) await this.audit.record(tx, eventOf(user.id, 'signed-in', request))
      return opened
    })
    if (cookie === undefined) throw new RefusedSignIn(USED_UP, user.id)
    response.setHeader('Set-Cookie', cookie)
  }

  @Get('me')
  @UseGuards(AuthGuard(['api', 'web-session']))
  @ApiOperation({ summary: 'Who the caller is' })
  me(@Caller() { id, displayName, role }: ApiUser): unknown {
    return { id, displayName, role }
  }

  @Post('sign-out')
  @HttpCode(204)
  @UseGuards(AuthGuard('web-session'), SameOrigin)
  @ApiOperation({ summary: 'End the browser session, and with it every access token that was issued in it' })
  async signOut(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
    @Caller() { id, webSession = '' }: ApiUser,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      const tokens = await this.sessions.end(tx, webSession)
      if (tokens === undefined) return
      await this.audit.record(tx, { ...eventOf(id, 'signed-out', request), detail: { accessTokens: tokens } })
    })
    response.setHeader('Set-Cookie', this.sessions.noCookie)
  }
}

function eventOf(
  userId: UserId,
  action: 'signed-in' | 'signed-out',
  request: IncomingMessage,
): { actor: string; action: typeof action; objectId: string; outcome: 'done'; correlationId: string } {
  return { actor: userId, action, objectId: userId, outcome: 'done', correlationId: correlationId(request) }
}
