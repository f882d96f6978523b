import { Injectable } from '@nestjs/common'
import { PassportStrategy } from '@nestjs/passport'
import type { IncomingMessage } from 'node:http'
import { Strategy } from 'passport'
import { WebSessions } from './web-session.service.js'

type Verified = (error: unknown, user?: object | false) => void

/** Hands the request on as it is: what is in the cookie is `WebSessions`' business. */
class CookieStrategy extends Strategy {
  constructor(private readonly verify: (request: IncomingMessage, done: Verified) => void) {
    super()
  }

  override authenticate(request: IncomingMessage): void {
    // Who presents a bearer token wants to be that one or nobody.
    if (request.headers.authorization !== undefined) {
      this.fail(401)
      return
    }
    this.verify(request, (error, user) => {
      if (error) this.error(error)
      else if (user) this.success(user)
      else this.fail(401)
    })
  }
}

/** People in browsers, at the pages and at `/api/v1` beside bearer tokens. */
@Injectable()
export class WebSessionStrategy extends PassportStrategy(CookieStrategy, 'web-session') {
  constructor(private readonly sessions: WebSessions) {
    super()
  }

  async validate(request: IncomingMessage): Promise<object | false> {
    return (await this.sessions.find(request)) ?? false
  }
}
