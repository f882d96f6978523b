import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How often it is looked whether clients take what they are sent; sooner where the limit is short, and while stopping. */
const LOOK_MS = 1000
const LOOK_WHILE_STOPPING_MS = 50
/** A connection without a word for so long is closed when the server stops: its next request may be on its way before. */
const QUIET_MS = 1000
/** While the server stops, nobody is waited for longer than this who takes nothing. */
const MAX_UNREAD_WHILE_STOPPING_MS = 5000

/** How far a connection is: while none of this changes, nothing happens on it. */
interface Progress {
  /** Bytes of whole writes that the kernel took. */
  readonly taken: number
  /** Bytes of the write under way that it has not taken yet. */
  readonly left: number
  readonly received: number
  /** When the client last took something, or had nothing to take. */
  readonly tookAt: number
  readonly movedAt: number
}

/**
 * The connections of a server. One whose client takes nothing of what it is sent for `longestUnreadMs` is ended: it
 * would hold a file, a piece of it and a place among the downloads for good. Bytes that the client sends meanwhile do
 * not help it. A client that reads slowly is no such client.
 */
export class Connections {
  readonly #known = new Map<Socket, Progress>()
  readonly #stopped: Promise<void>
  #looking: NodeJS.Timeout
  #doorClosed: Promise<void> | undefined
  #ending: Promise<void> | undefined
  #stopping = false
  #longestUnreadMs: number

  constructor(
    private readonly server: Server,
    longestUnreadMs: number,
    private readonly unread: (connections: number) => void,
  ) {
    this.#longestUnreadMs = longestUnreadMs
    server.on('connection', (socket: Socket) => {
      this.#known.set(socket, progressOf(socket, undefined, performance.now()))
      socket.once('close', () => this.#known.delete(socket))
    })
    this.#stopped = new Promise((resolve) => {
      server.once('close', () => {
        clearInterval(this.#looking)
        resolve()
      })
    })
    this.#looking = this.#look(Math.min(LOOK_MS, longestUnreadMs / 4))
  }

  /** From now on every answer is the last of its connection, and says so. */
  get stopping(): boolean {
    return this.#stopping
  }

  /** Nobody new is let in; whoever is connected notices nothing yet. */
  closeDoor(): Promise<void> {
    return (this.#doorClosed ??= new Promise((resolve) => {
      // Whoever is in the kernel's queue by now is still served.
      setImmediate(() => {
        this.server.close()
        resolve()
      })
    }))
  }

  /**
   * Nobody new is let in, and connections end as they become quiet. What is closed while its client sends a request is
   * a save that is cut: so clients are told first, in whatever they are answered, and only the quiet are closed.
   */
  stop(): Promise<void> {
    return (this.#ending ??= this.#end())
  }

  async #end(): Promise<void> {
    await this.closeDoor()
    this.#stopping = true
    this.#longestUnreadMs = Math.min(this.#longestUnreadMs, MAX_UNREAD_WHILE_STOPPING_MS)
    clearInterval(this.#looking)
    this.#looking = this.#look(LOOK_WHILE_STOPPING_MS)
    await this.#stopped
  }

  #look(everyMs: number): NodeJS.Timeout {
    return setInterval(() => {
      const now = performance.now()
      let unread = 0
      for (const [socket, before] of this.#known) {
        const progress = progressOf(socket, before, now)
        this.#known.set(socket, progress)
        if (now - progress.tookAt > this.#longestUnreadMs) {
          unread++
          socket.destroy()
        } else if (this.#stopping && now - progress.movedAt > QUIET_MS && !isAnswering(socket)) {
          socket.destroy()
        }
      }
      if (unread > 0) this.unread(unread)
    }, everyMs).unref()
  }
}

function progressOf(socket: Socket, before: Progress | undefined, now: number): Progress {
  const waiting = socket.writableLength
  const taken = socket.bytesWritten - waiting
  const left = queuedIn(socket)
  const received = socket.bytesRead
  if (!before) return { taken, left, received, tookAt: now, movedAt: now }
  const took = waiting === 0 || taken > before.taken || left < before.left
  const moved = taken !== before.taken || left !== before.left || received !== before.received
  return {
    taken,
    left,
    received,
    tookAt: took ? now : before.tookAt,
    movedAt: moved ? now : before.movedAt,
  }
}

// Neither is public: without the first a large write counts only as a whole, and without the second nobody is idle.
interface Inside {
  readonly _handle?: { readonly writeQueueSize?: number } | null
  readonly _httpMessage?: object | null
}

function queuedIn(socket: Socket): number {
  return (socket as unknown as Inside)._handle?.writeQueueSize ?? 0
}

function isAnswering(socket: Socket): boolean {
  return Boolean((socket as unknown as Inside)._httpMessage)
}
