import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Editor } from '../kit/wopi.js'

/** A PutFile written to the socket byte by byte, as no decent client would. */
export class RawUpload {
  private received = ''
  private readonly ended: Promise<unknown>

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')))
    // A reset is an end like any other here.
    socket.on('error', () => undefined)
    this.ended = once(socket, 'close').catch(() => undefined)
  }

  static async start(
    { baseUrl, fileId, token }: Editor,
    lockId: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RawUpload> {
    const { hostname, port } = new URL(baseUrl)
    const socket = connect({ host: hostname, port: Number(port) })
    await once(socket, 'connect')
    const all = { Host: hostname, 'X-WOPI-Override': 'PUT', 'X-WOPI-Lock': lockId, ...headers }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const upload = new RawUpload(socket)
    upload.write(
      `POST /wopi/files/${fileId}/contents?access_token=${token} HTTP/1.1\r\n${lines.join('')}\r\n`,
    )
    return upload
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes)
  }

  writeChunk(bytes: Buffer): void {
    this.socket.write(`${bytes.length.toString(16)}\r\n`)
    this.socket.write(bytes)
    this.socket.write('\r\n')
  }

  /** Ends the sending side only, as a proxy does whose own client went away. */
  hangUp(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** The status of the answer; undefined when the connection closed without one. */
  async status(): Promise<number | undefined> {
    while (!this.received.includes('\r\n\r\n')) {
      const more = await Promise.race([once(this.socket, 'data'), this.ended.then(() => 'closed')])
      if (more === 'closed') break
    }
    const status = /^HTTP\/1\.1 (\d{3})/.exec(this.received)?.[1]
    return status === undefined ? undefined : Number(status)
  }
}
