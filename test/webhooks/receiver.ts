import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { until } from '../reliability/until.js'

export interface Delivery {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A program that takes webhooks. How it answers is up to the test. */
export class WebhookReceiver implements AsyncDisposable {
  readonly deliveries: Delivery[] = []
  answer: (response: ServerResponse, delivery: Delivery) => void = (response) => {
    response.writeHead(204).end()
  }

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const delivery = { path: request.url ?? '', headers: request.headers, body }
        receiver.deliveries.push(delivery)
        receiver.answer(response, delivery)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const receiver = new WebhookReceiver(`http://127.0.0.1:${port}/hook`, server)
    return receiver
  }

  /** The bodies, as JSON, of this kind. */
  told(kind: string): { id: string; fileId: string; detail: Record<string, unknown> }[] {
    return this.deliveries
      .filter(({ headers }) => headers['tandem-event'] === kind)
      .map(({ body }) => JSON.parse(body) as { id: string; fileId: string; detail: Record<string, unknown> })
  }

  async has(count: number, withinMs?: number): Promise<void> {
    const enough = (): Promise<boolean> => Promise.resolve(this.deliveries.length >= count)
    await until(`${count} deliveries`, enough, withinMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}
