import { request } from 'undici'
import { unescapeXml } from '../../simulator/office/xml-text.js'

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface PageView {
  readonly text: readonly string[]
  readonly people: readonly { readonly userId: string; readonly name: string; readonly readOnly: boolean }[]
  readonly unsaved: boolean
  readonly status: string
  readonly ended?: string
}

/** What a host page posts into its frame. */
export async function postForm(url: string, fields: Record<string, string>): Promise<PageAnswer> {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

/** The stand-in's page, as far as it is HTTP. */
export class StandInPage {
  readonly settings: Readonly<Record<string, unknown>>
  private readonly sitting: string
  private readonly origin: string

  constructor(
    url: string,
    readonly html: string,
  ) {
    this.origin = new URL(url).origin
    const [, settings = '{}'] = /data-settings="([^"]*)"/.exec(html) ?? []
    this.settings = JSON.parse(unescapeXml(settings)) as Record<string, unknown>
    this.sitting = `${this.origin}/sittings/${String(this.settings['sitting'])}`
  }

  static async open(url: string, accessToken: string): Promise<StandInPage> {
    const answer = await postForm(url, { access_token: accessToken, access_token_ttl: '0' })
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
    return new StandInPage(url, answer.text)
  }

  async calls(name: string, body: unknown = {}): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await request(`${this.sitting}/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> }
  }

  async types(...lines: string[]): Promise<number> {
    return (await this.calls('changes', { lines })).status
  }

  async leaves(...lines: string[]): Promise<unknown> {
    return (await this.calls('leave', { lines })).body
  }

  /** Watches until the page shows that. */
  async until(shows: (view: PageView) => boolean): Promise<PageView> {
    const { statusCode, body } = await request(`${this.sitting}/events`)
    if (statusCode !== 200) throw new Error(`the page may not watch: ${statusCode}`)
    let received = ''
    for await (const piece of body as AsyncIterable<Buffer>) {
      received += piece.toString()
      const events = received.split('\n\n')
      received = events.pop() ?? ''
      for (const event of events) {
        const view = JSON.parse(event.replace(/^data: /, '')) as PageView
        if (shows(view)) {
          body.on('error', () => undefined).destroy()
          return view
        }
      }
    }
    throw new Error('the page was told nothing more')
  }
}
