import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'

export interface RawAnswer {
  readonly status: number
  /** The head exactly as it came over the wire, one string per line. */
  readonly headLines: readonly string[]
  readonly body: string
}

/** What no HTTP library sends: the given bytes (Latin-1), then everything that comes back until the end. */
export async function exchange(tandem: Tandem, text: string): Promise<RawAnswer> {
  const socket = await openSocket(tandem)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // A refusal may come, and the connection end, while we are still sending.
  socket.on('error', () => undefined)
  socket.write(text, 'latin1')
  await once(socket, 'close')
  return parse(Buffer.concat(chunks).toString('latin1'))
}

export async function openSocket(tandem: Tandem): Promise<Socket> {
  const { hostname, port } = new URL(tandem.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** A POST to the editor's file; `headers` are whole lines. */
export function post(editor: Editor, headers: readonly string[], body = '', path = ''): string {
  const lines = [
    `POST /wopi/files/${editor.fileId}${path}?access_token=${editor.token} HTTP/1.1`,
    'Host: tandem.test',
    'Connection: close',
    ...headers,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const headLines = text.slice(0, end < 0 ? undefined : end).split('\r\n')
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    headLines,
    body: end < 0 ? '' : text.slice(end + 4),
  }
}
