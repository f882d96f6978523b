import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** One request exactly as written: no URL parser tidies the target, no header is merged. */
export async function rawRequest(
  baseUrl: string,
  target: string,
  {
    method = 'GET',
    headers = [],
    body,
  }: { method?: string; headers?: readonly string[]; body?: string | Buffer } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl)
  const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  const sent = request({
    hostname,
    port,
    path: target,
    method,
    headers: ['Host', `${hostname}:${port}`, 'Connection', 'close', ...headers, ...length] as never,
  })
  // A server that has refused already need not read the rest.
  sent.on('error', () => undefined).end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  // A live stream has no end to wait for.
  if (answer.headers['content-type'] === 'text/event-stream') answer.destroy()
  else for await (const chunk of answer) chunks.push(chunk as Buffer)
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    body: Buffer.concat(chunks).toString(),
  }
}
