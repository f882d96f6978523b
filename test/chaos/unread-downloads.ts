import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Person } from '../kit/people.js'
import type { Random } from '../linearizability/random.js'
import { Loop, type Complain, type Lane } from './lane.js'
import { persist } from './persist.js'

export interface UnreadOptions {
  readonly urls: readonly string[]
  readonly random: Random
  bearer(user: string): Promise<string>
}

/** More than all buffers between the server and a reader that does not read. */
const SIZE = 24 * 1024 ** 2
const AT_ONCE = 5
const EVERY_MS = 1000
/** A response that takes nothing is ended after 30 s; room for a machine that is busy. */
const MAX_OPEN_MS = 75_000

/** Clients that ask for a large document and never read it: the server must get rid of them by itself. */
export class UnreadDownloads implements Lane {
  private opened = 0
  private ended = 0
  private readonly loop: Loop
  private file: { id: string; token: string } | undefined

  constructor(
    private readonly options: UnreadOptions,
    private readonly complain: Complain,
  ) {
    this.loop = new Loop(() => this.once())
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  counts(): Record<string, number> {
    return { 'unread downloads': this.opened, 'ended by the server': this.ended }
  }

  private async once(): Promise<void> {
    this.file ??= await this.makeFile()
    for (let n = 0; n < AT_ONCE; n++) this.open(this.file)
    await pause(EVERY_MS)
  }

  private async makeFile(): Promise<{ id: string; token: string }> {
    const { urls, random } = this.options
    const owner = new Person(random.oneOf(urls), 'unread', await this.options.bearer('unread'))
    const { id } = await persist(() => owner.createsFile('Unread.pptx', Buffer.alloc(SIZE, 'unread ')))
    return { id, token: await persist(() => owner.opens(id, 'view')) }
  }

  private open({ id, token }: { id: string; token: string }): void {
    const { hostname, port } = new URL(this.options.random.oneOf(this.options.urls))
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('error', () => undefined)
    socket.pause()
    // Those that are too many are refused, and must not be kept alive.
    const head = `GET /wopi/files/${id}/contents?access_token=${token} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close`
    socket.write(`${head}\r\n\r\n`)
    this.opened++
    const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
    // A socket that is never read does not see the other side's end; a byte that cannot be sent does.
    const knock = setInterval(() => socket.write('\r\n'), 5_000).unref()
    void Promise.race([closed, pause(MAX_OPEN_MS, false, { ref: false })]).then((gone) => {
      clearInterval(knock)
      if (gone) this.ended++
      else this.complain(`a download that nobody reads was still open after ${MAX_OPEN_MS / 1000} s`)
      socket.destroy()
    })
  }
}
