import { once } from 'node:events'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'

/** Somebody who asks, and reads no further than the head of the answer. */
export class UnreadClient {
  private constructor(
    readonly socket: Socket,
    /** The head, and what came with it. */
    private received: Buffer,
  ) {}

  /** @param request the whole of it, as it goes over the wire */
  static async ask(url: string, request: Buffer | string): Promise<UnreadClient> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    // A reset is an end like any other here.
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(request)
    const [first] = (await once(socket, 'data')) as [Buffer]
    socket.pause()
    return new UnreadClient(socket, first)
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.received.toString('latin1'))?.[1])
  }

  get head(): string {
    return this.received.toString('latin1').split('\r\n\r\n', 1)[0] ?? ''
  }

  /** Reads after all, until the connection ends. @returns whether all of the body came */
  async takesTheRest(): Promise<boolean> {
    let size = this.received.length
    const closed = new Promise((resolve) => this.socket.once('close', resolve))
    this.socket.on('data', (piece: Buffer) => (size += piece.length))
    this.socket.resume()
    await closed
    const announced = Number(/content-length: (\d+)/i.exec(this.head)?.[1])
    return size >= this.head.length + 4 + announced
  }

  leave(): void {
    this.socket.destroy()
  }
}

/** A GET as the wire has it. */
export function getRequest(url: string, headers: Readonly<Record<string, string>> = {}): string {
  const { host, pathname, search } = new URL(url)
  const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** How many files of the blob store a process has open. */
export async function openBlobs(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`
  const targets = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  )
  return targets.filter((target) => /\/blobs\/[0-9a-f]{2}\/[0-9a-f]+$/.test(target)).length
}

export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
