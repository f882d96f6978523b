import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import type { ApiUser } from '../auth/api-user.js'
import { WebSessions } from '../auth/web-session.service.js'

/** Nobody is signed in at this browser. */
export class SignInNeeded extends Error {}

/** Lets those in who are signed in at this browser; the others are shown how to. */
@Injectable()
export class PageSession implements CanActivate {
  constructor(private readonly sessions: WebSessions) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<IncomingMessage & { user?: ApiUser }>()
    const user = await this.sessions.find(request)
    if (!user) throw new SignInNeeded()
    request.user = user
    return true
  }
}
