import { Injectable } from '@nestjs/common'
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Settings } from '../config/settings.js'
import { Database, type Tx } from '../database/database.js'
import type { UserId } from '../ids/ids.js'
import type { ApiUser } from './api-user.js'
import { END_SESSIONS_OF, REVOKE_TOKENS_OF_SESSIONS } from './sign-out.statements.js'
import {
  END_SESSION,
  FIND_SESSION,
  TRANSFER_TOKENS,
  OPEN_SESSION,
  SESSION_LIVES,
} from './web-session.statements.js'

/** As long as access tokens live, and a working day: then the person signs in again, whatever they do. */
const MAX_SECONDS = 12 * 3600
/** Of a browser that asks for nothing any more; pages that are looked at ask now and then. */
const IDLE_SECONDS = 3600

const COOKIE_VALUE = /^[\w-]{43}$/

/** How many of each ended. */
export interface SignedOut {
  readonly sessions: number
  readonly accessTokens: number
}

/** Who is signed in at the pages, by cookie (W-08, W-10). The database has only the cookie's hash. */
@Injectable()
export class WebSessions {
  private readonly secure: boolean
  private readonly cookieName: string

  constructor(
    private readonly database: Database,
    settings: Settings,
  ) {
    this.secure = settings.publicUrl.startsWith('https:')
    this.cookieName = cookieNameAt(settings.publicUrl)
  }

  /**
   * @param signIn names the act of signing in; each opens one session at most
   * @param before who was signed in at this browser: the same person goes on with what is open; of another, all ends
   * @returns the cookie, under an id that nobody knew before; undefined when the sign-in was used up
   */
  async open(
    tx: Tx,
    signIn: string,
    { id, role }: Pick<ApiUser, 'id' | 'role'>,
    before: ApiUser | undefined,
  ): Promise<string | undefined> {
    const value = randomBytes(32).toString('base64url')
    const webSession = hashOf(value)
    const rows = await tx.query(OPEN_SESSION, [webSession, signIn, id, role, MAX_SECONDS])
    if (rows.length === 0) return undefined
    if (before?.webSession !== undefined) {
      await tx.query(END_SESSION, [before.webSession])
      if (before.id === id) await tx.query(TRANSFER_TOKENS, [before.webSession, webSession])
      else await tx.query(REVOKE_TOKENS_OF_SESSIONS, [[before.webSession]])
    }
    return this.cookie(value)
  }

  /** Whose browser asks; undefined when nobody is signed in there, or no more. */
  async find(request: IncomingMessage): Promise<ApiUser | undefined> {
    const value = this.valueIn(request.headers.cookie ?? '')
    if (value === undefined) return undefined
    const webSession = hashOf(value)
    const [row] = await this.database.query(FIND_SESSION, [webSession, IDLE_SECONDS])
    if (!row) return undefined
    const { user_id: id, display_name: displayName, principal_name: principalName, role } = row
    return { id, displayName, principalName, role, expiresAt: Math.round(row.expires_at), webSession }
  }

  /** Is somebody still signed in there? That it is asked makes the session no longer. */
  async lives(webSession: string): Promise<boolean> {
    const [row] = await this.database.query(SESSION_LIVES, [webSession, IDLE_SECONDS])
    return row?.lives ?? false
  }

  /** @returns how many access tokens ended with it; undefined when it had ended before */
  async end(tx: Tx, webSession: string): Promise<number | undefined> {
    const ended = await tx.query(END_SESSION, [webSession])
    if (ended.length === 0) return undefined
    const [tokens] = await tx.query(REVOKE_TOKENS_OF_SESSIONS, [[webSession]])
    return tokens?.revoked ?? 0
  }

  /** Signs the person out in every browser. Whoever may sign in can do so again. */
  async endAllOf(tx: Tx, userId: UserId): Promise<SignedOut> {
    const ended = await tx.query(END_SESSIONS_OF, [userId])
    const cookies = ended.map(({ cookie_hash }) => cookie_hash)
    const [tokens] = await tx.query(REVOKE_TOKENS_OF_SESSIONS, [cookies])
    return { sessions: ended.length, accessTokens: tokens?.revoked ?? 0 }
  }

  /** Makes the browser forget. */
  get noCookie(): string {
    return `${this.cookie('')}; Max-Age=0`
  }

  // Lax: a link in a mail must find its reader signed in. What changes something is asked for its origin besides.
  private cookie(value: string): string {
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Lax${this.secure ? '; Secure' : ''}`
  }

  private valueIn(header: string): string | undefined {
    const values = header
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${this.cookieName}=`))
      .map((pair) => pair.slice(this.cookieName.length + 1))
    // Two of one name: somebody else on this domain planted one.
    const [value] = values
    return values.length === 1 && value !== undefined && COOKIE_VALUE.test(value) ? value : undefined
  }
}

/**
 * Cookies know no port and, with `__Host-`, no path: each Tandem on one host name needs a name of its own, or signing
 * in at one signs out at the other. Browsers keep `__Host-` cookies for secure origins only; without TLS, on one
 * machine, the plain name has to do.
 */
export function cookieNameAt(publicUrl: string): string {
  const { href, protocol } = new URL(publicUrl)
  const which = createHash('sha256').update(href).digest('hex').slice(0, 8)
  return `${protocol === 'https:' ? '__Host-' : ''}tandem-${which}`
}

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
