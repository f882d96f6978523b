import { connect, type Socket } from 'node:net'
import type { WireRequest } from './request.js'

export interface Answer {
  readonly status: number
  readonly bytes: number
  /** Headers and the beginning of the body, kept for anything but a 200. */
  readonly text: string
  /** Of a request that wants it judged. */
  readonly body: Buffer | undefined
}

const headEnd = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection, one request at a time. The load generator shares two cores with the servers, so it
 * does as little as it can: ready-made bytes out, one buffer for all reads, no header objects, no body kept.
 */
export class Connection {
  private head = ''
  private text = ''
  private status = 0
  private bytes = 0
  /** Bytes still to come; -1: a chunked body, whose end is looked for. */
  private missing = 0
  private tail = ''
  /** Pieces of a body that is kept. */
  private kept: Buffer[] | undefined
  private settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined

  private constructor(private readonly socket: Socket) {}

  static async open(port: number): Promise<Connection> {
    let receive: (bytes: Buffer) => void = () => undefined
    const buffer = Buffer.allocUnsafe(256 * 1024)
    const onread = {
      buffer,
      callback: (count: number) => {
        receive(buffer.subarray(0, count))
        return true
      },
    }
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread })
    const connection = new Connection(socket)
    receive = (bytes) => connection.receive(bytes)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    socket.on('error', (error) => connection.settle?.reject(error))
    socket.on('close', () => connection.settle?.reject(new Error('the server closed the connection')))
    return connection
  }

  send(request: WireRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.head = this.text = this.tail = ''
      this.bytes = this.missing = 0
      this.kept = request.judge && []
      this.settle = { resolve, reject }
      if (request.body.length > 0) this.socket.cork()
      this.socket.write(request.head)
      for (const part of request.body) this.socket.write(part)
      if (request.body.length > 0) this.socket.uncork()
    })
  }

  close(): void {
    this.settle = undefined
    this.socket.destroy()
  }

  private receive(bytes: Buffer): void {
    if (this.missing !== 0) {
      this.body(bytes)
      return
    }
    const end = bytes.indexOf(headEnd)
    if (end < 0) {
      this.head += bytes.toString('latin1')
      return
    }
    this.head += bytes.toString('latin1', 0, end)
    this.status = Number(this.head.slice(9, 12))
    if (this.status !== 200) this.text = this.head
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.head)?.[1]
    this.missing = length === undefined ? -1 : Number(length)
    if (this.missing === 0) this.finish()
    else if (bytes.length > end + 4) this.body(bytes.subarray(end + 4))
  }

  private body(bytes: Buffer): void {
    this.bytes += bytes.length
    this.kept?.push(Buffer.from(bytes))
    if (this.status !== 200 && this.text.length < 1000) this.text += `\n${bytes.toString('latin1', 0, 500)}`
    if (this.missing > 0) {
      this.missing -= bytes.length
      if (this.missing <= 0) this.finish()
      return
    }
    this.tail = (this.tail + bytes.subarray(-7).toString('latin1')).slice(-7)
    if (this.tail.endsWith('\r\n0\r\n\r\n') || this.tail === '0\r\n\r\n') this.finish()
  }

  private finish(): void {
    const settle = this.settle
    this.settle = undefined
    this.missing = 0
    const body = this.kept && Buffer.concat(this.kept)
    settle?.resolve({ status: this.status, bytes: this.bytes, text: this.text, body })
  }
}
