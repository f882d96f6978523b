import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { request } from 'undici'
import { freePort } from '../kit/free-port.js'

export interface Passing {
  /** X-WOPI-Override, or the HTTP method where there is none. */
  readonly operation: string
  readonly path: string
  readonly token: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What the proxy makes of a call; `ask` hands it on to Tandem. */
export type Lie = (call: Passing, ask: () => Promise<Answer>) => Promise<Answer>

/** Stands before a Tandem and turns it into a host with a bug. */
export class LyingProxy implements AsyncDisposable {
  lie: Lie = (_, ask) => ask()
  target = ''

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<LyingProxy> {
    const server = createServer()
    const port = await freePort()
    const proxy = new LyingProxy(`http://127.0.0.1:${port}`, server)
    server.on('request', (call: IncomingMessage, answer: ServerResponse) => {
      void proxy.#pass(call, answer)
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return proxy
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }

  async #pass(call: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/', method = 'GET', headers } = call
    const chunks: Buffer[] = []
    for await (const chunk of call) chunks.push(chunk as Buffer)
    const ask = async (): Promise<Answer> => {
      const names = ['authorization', 'content-type', 'x-wopi-override', 'x-wopi-lock', 'x-wopi-oldlock']
      const kept = names.flatMap((name) =>
        headers[name] === undefined ? [] : [[name, String(headers[name])]],
      )
      const answer = await request(`${this.target}${url}`, {
        method: method as 'GET',
        headers: Object.fromEntries(kept) as Record<string, string>,
        body: method === 'GET' ? null : Buffer.concat(chunks),
      })
      const passed = ['x-wopi-lock', 'x-wopi-itemversion'].flatMap((name) =>
        answer.headers[name] === undefined ? [] : [[name, String(answer.headers[name])]],
      )
      return {
        status: answer.statusCode,
        headers: Object.fromEntries(passed) as Record<string, string>,
        body: Buffer.from(await answer.body.arrayBuffer()),
      }
    }
    const { pathname, searchParams } = new URL(url, this.url)
    const operation = String(headers['x-wopi-override'] ?? method)
    const token = searchParams.get('access_token') ?? ''
    const { status, headers: sent, body } = await this.lie({ operation, path: pathname, token }, ask)
    response.writeHead(status, { ...sent }).end(body)
  }
}

/** A save that would be refused never reaches the host. */
export function forgetsRefusedSaves(host: string): Lie {
  return async ({ operation, path, token }, ask) => {
    if (operation !== 'PUT' || !path.startsWith('/wopi/')) return ask()
    const file = path.replace('/contents', '')
    const info = await request(`${host}${file}?access_token=${token}`)
    const { UserCanWrite = false } =
      info.statusCode === 200 ? ((await info.body.json()) as { UserCanWrite?: boolean }) : {}
    return UserCanWrite ? ask() : { status: 404, headers: {}, body: Buffer.alloc(0) }
  }
}
