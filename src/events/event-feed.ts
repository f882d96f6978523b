import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Logger } from '../logging/logger.js'
import { NotifyListener } from './notify-listener.js'
import { EventLog } from './event-log.js'
import { EventReader, type Following, type ReaderOptions } from './event-reader.js'

const PAGE = 200
/** Looks at least so often: a bell that is deaf for a while must not make the stream silent. */
const MAX_SILENCE_MS = 15_000
const FIRST_WAIT_MS = 1000

/** The end of the event log, read once for all who follow it in this process, however many they are. */
@Injectable()
export class EventFeed implements Following, OnApplicationShutdown {
  private readonly live = new Set<EventReader>()
  private reached = 0n
  private following = false
  private rung = false
  private listening = false
  private waitMs = FIRST_WAIT_MS
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly log: EventLog,
    private readonly listener: NotifyListener,
    private readonly logger: Logger,
  ) {}

  get head(): bigint {
    return this.reached
  }

  /** Hands the log to `sink`, from an id on and for ever, until the reader is closed. */
  read(options: ReaderOptions): EventReader {
    if (!this.listening) {
      this.listening = true
      this.listener.listen(() => {
        this.follow()
      })
      this.timer = setInterval(() => {
        this.follow()
      }, MAX_SILENCE_MS).unref()
    }
    return new EventReader(this.log, this, options)
  }

  join(reader: EventReader): boolean {
    // Never backwards: a page that is on its way right now begins where the head was.
    if (this.live.size === 0 && reader.reached > this.reached) this.reached = reader.reached
    if (reader.reached < this.reached) return false
    this.live.add(reader)
    // Something may have come between the reader's last look and now.
    this.follow()
    return true
  }

  leave(reader: EventReader): void {
    this.live.delete(reader)
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer)
    this.live.clear()
  }

  private follow(): void {
    this.rung = true
    if (this.following) return
    this.following = true
    this.readOn().catch((error: unknown) => {
      this.logger.warn({ error: String(error) }, 'could not read new events; trying again soon')
      setTimeout(() => {
        this.follow()
      }, this.waitMs).unref()
      this.waitMs = Math.min(MAX_SILENCE_MS, this.waitMs * 2)
    })
  }

  private async readOn(): Promise<void> {
    try {
      while (this.rung && this.live.size > 0) {
        this.rung = false
        const page = await this.log.after(String(this.reached), { limit: PAGE })
        this.waitMs = FIRST_WAIT_MS
        for (const event of page) {
          const id = BigInt(event.id)
          for (const reader of this.live) reader.offer(event, id)
        }
        const last = page.at(-1)
        if (last && BigInt(last.id) > this.reached) this.reached = BigInt(last.id)
        if (page.length === PAGE) this.rung = true
      }
    } finally {
      // In the same breath as the last look at `rung`: a ring in between would be heard by nobody.
      this.following = false
    }
  }
}
