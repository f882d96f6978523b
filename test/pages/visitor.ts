import { request } from 'undici'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import type { ApiRole } from '../../src/auth/api-user.js'
import { signInLink } from '../../src/auth/sign-in-link.js'
import type { Tandem } from '../kit/tandem.js'

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** As `npm run token -- USER --link` prints it. */
export async function linkFor(
  { dataDir, publicUrl }: Pick<Tandem, 'dataDir' | 'publicUrl'>,
  user: string,
  role: ApiRole = 'user',
): Promise<string> {
  return signInLink(publicUrl, await loadTokenSecrets(readConfig({ DATA_DIR: dataDir })), user, role)
}

/** The cookies of one host name, which know no port. */
export class CookieJar {
  private readonly values = new Map<string, string>()

  get size(): number {
    return this.values.size
  }

  get header(): string {
    return [...this.values].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** @param set a Set-Cookie header */
  take(set: string): void {
    const [name = '', value = ''] = set.split(';', 1)[0]?.split('=') ?? []
    if (/; Max-Age=0\b/.test(set)) this.values.delete(name)
    else this.values.set(name, value)
  }
}

/** A browser, as far as HTTP goes: it keeps one cookie, and says where a call comes from. */
export class Visitor {
  cookie = ''

  constructor(
    private readonly tandem: Pick<Tandem, 'url' | 'publicUrl' | 'dataDir'>,
    /** Of the page that makes the calls. */
    readonly origin = new URL(tandem.publicUrl).origin,
    /** Of the browser that it shares with visitors elsewhere. */
    private readonly jar?: CookieJar,
  ) {}

  static async signedIn(tandem: Tandem, user: string, role: ApiRole = 'user'): Promise<Visitor> {
    const visitor = new Visitor(tandem)
    const answer = await visitor.opensLink(await linkFor(tandem, user, role))
    if (answer.status !== 204) throw new Error(`expected 204, got ${answer.status}: ${answer.body}`)
    return visitor
  }

  /** What the sign-in page does with what is behind the #. */
  opensLink(link: string): Promise<PageAnswer> {
    return this.calls('POST', '/sign-in', { code: new URL(link).hash.slice(1) })
  }

  async gets(path: string): Promise<PageAnswer> {
    return this.ask('GET', path, {})
  }

  /** Below /api/v1, as the pages' script calls. */
  async calls(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = { 'X-Tandem-Page': '1' },
  ): Promise<PageAnswer> {
    return this.ask(method, `/api/v1${path}`, { origin: this.origin, ...headers }, body)
  }

  private async ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<PageAnswer> {
    const sent = this.jar?.header ?? this.cookie
    const cookie = sent === '' ? {} : { cookie: sent }
    const answer = await request(this.tandem.url + path, {
      method,
      headers: { ...cookie, ...headers },
      body: body ? JSON.stringify(body) : null,
    })
    const [set] = [answer.headers['set-cookie']].flat()
    if (set !== undefined) this.jar?.take(set)
    if (set !== undefined) this.cookie = set.split(';', 1)[0] ?? ''
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() }
  }
}
