import type { ServerResponse } from 'node:http'
import type { EventFeed } from '../../events/event-feed.js'
import { eventView, type RecordedEvent } from '../../events/event-log.js'
import type { EventReader } from '../../events/event-reader.js'
import { ALWAYS } from '../../http/answer.js'
import type { FileId } from '../../ids/ids.js'

export interface EventStreamOptions {
  readonly after: bigint
  readonly fileId: FileId | undefined
  readonly heartbeatMs: number
  /** Epoch milliseconds. */
  readonly endsAt: number
  readonly mayStill: () => Promise<boolean>
}

/** How long a right is believed while the database cannot be asked. */
const MAX_BELIEF_MS = 30_000
/** A reader that takes nothing for so long is gone, or may come back and go on where it was. */
const MAX_STANDSTILL_MS = 120_000
const MAX_FAREWELL_MS = 500
const RECONNECT_AFTER_MS = 2000
/**
 * What may wait for a client to take it. More than Node's own mark, which a quarter of a second of a busy server exceeds:
 * every stream was then behind for a moment, and read the log by itself.
 */
const MAX_WAITING_BYTES = 64 * 1024

const HEADERS = {
  ...ALWAYS,
  'Content-Type': 'text/event-stream',
  // A proxy that compresses or collects would hold events back.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}

/**
 * One client's server-sent events. What the kernel and Node have not room for is not read from the database, either:
 * a client that reads slowly, or not at all, costs `MAX_WAITING_BYTES` and one event of memory.
 */
export class EventStream {
  private readonly reader: EventReader
  private readonly pulse: NodeJS.Timeout
  private believedAt = Date.now()
  private stuckSince: number | undefined
  /** Frames of this turn of the event loop: a write for each event would cost more than everything else here. */
  private joined = ''
  private ended = false

  constructor(
    feed: EventFeed,
    private readonly response: ServerResponse,
    private readonly options: EventStreamOptions,
  ) {
    response.writeHead(200, HEADERS)
    response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`)
    response.on('drain', () => {
      this.stuckSince = undefined
      if (this.write()) this.reader.resume()
    })
    response.once('close', () => {
      this.release()
    })
    this.pulse = setInterval(() => {
      this.beat()
    }, options.heartbeatMs)
    this.reader = feed.read({
      after: options.after,
      fileId: options.fileId,
      sink: (event) => this.send(frameOf(event)),
      failed: () => {
        this.end()
      },
    })
  }

  /** The client connects again by itself, and goes on after the last event that it got. */
  end(): void {
    if (this.ended) return
    this.write()
    this.release()
    // What a client does not take now would keep the connection, and with it a stopping server, for ever.
    if (this.stuckSince !== undefined) this.response.destroy()
    else this.response.end()
    setTimeout(() => this.response.destroy(), MAX_FAREWELL_MS).unref()
  }

  private release(): void {
    this.ended = true
    clearInterval(this.pulse)
    this.reader.close()
  }

  private send(frame: string): boolean {
    if (this.ended) return false
    if (this.joined === '') queueMicrotask(() => this.write())
    this.joined += frame
    return this.joined.length < MAX_WAITING_BYTES ? this.stuckSince === undefined : this.write()
  }

  /** @returns whether there is room for more */
  private write(): boolean {
    if (this.ended || this.stuckSince !== undefined) return false
    if (this.joined === '') return true
    this.response.write(this.joined)
    this.joined = ''
    const hasRoom = this.response.writableLength < MAX_WAITING_BYTES
    if (!hasRoom) this.stuckSince = Date.now()
    return hasRoom
  }

  private beat(): void {
    const now = Date.now()
    if (now >= this.options.endsAt) {
      this.end()
      return
    }
    if (this.stuckSince === undefined) this.send(': still here\n\n')
    else if (now - this.stuckSince > MAX_STANDSTILL_MS) this.end()
    void this.askAgain()
  }

  private async askAgain(): Promise<void> {
    try {
      if (await this.options.mayStill()) this.believedAt = Date.now()
      else this.end()
    } catch {
      if (Date.now() - this.believedAt >= MAX_BELIEF_MS) this.end()
    }
  }
}

const frames = new WeakMap<RecordedEvent, string>()

/** One event on the wire. Many streams are given the same one: it is written out once. */
function frameOf(event: RecordedEvent): string {
  let frame = frames.get(event)
  if (frame === undefined) {
    frame = `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(eventView(event))}\n\n`
    frames.set(event, frame)
  }
  return frame
}
