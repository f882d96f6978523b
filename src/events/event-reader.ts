import type { FileId } from '../ids/ids.js'
import type { EventLog, RecordedEvent } from './event-log.js'

/** Takes one event. `false`: it is taken, but no more, please, before `resume` is called. */
export type Sink = (event: RecordedEvent) => boolean

/** What a reader needs of the feed. */
export interface Following {
  /** Everything up to this id has been handed to those who are live. */
  readonly head: bigint
  /** @returns false when the others have gone on meanwhile, so that the reader has to look again first */
  join(reader: EventReader): boolean
  leave(reader: EventReader): void
}

export interface ReaderOptions {
  /** Everything after this id is read. */
  readonly after: bigint
  /** Only what happened to this file. */
  readonly fileId: FileId | undefined
  readonly sink: Sink
  /** The log could not be read; the reader has ended. */
  readonly failed: (error: unknown) => void
}

const SMALLEST_PAGE = 4
const LARGEST_PAGE = 100

/**
 * Hands on the event log from one id on, in order, each event once. It keeps a position and no events: behind the
 * others it reads pages of its own, at the end of the log it is given what the feed reads for everybody, and while
 * its sink is full it reads nothing.
 */
export class EventReader {
  private position: bigint
  private pageSize = LARGEST_PAGE
  private state: 'reading' | 'live' | 'full' | 'closed' = 'reading'

  constructor(
    private readonly log: EventLog,
    private readonly feed: Following,
    private readonly options: ReaderOptions,
  ) {
    this.position = options.after
    this.catchUp()
  }

  /** Everything up to this id is handed on, or does not concern this reader. */
  get reached(): bigint {
    return this.position
  }

  /** The sink has room again. */
  resume(): void {
    if (this.state !== 'full') return
    this.state = 'reading'
    this.catchUp()
  }

  close(): void {
    this.state = 'closed'
    this.feed.leave(this)
  }

  /** From the feed, only while live. */
  offer(event: RecordedEvent, id: bigint): void {
    if (this.state !== 'live' || id <= this.position) return
    this.position = id
    const { fileId } = this.options
    if (fileId === undefined || event.file_id === fileId) this.hand(event)
  }

  private catchUp(): void {
    this.readOn().catch((error: unknown) => {
      if (this.state === 'closed') return
      this.close()
      this.options.failed(error)
    })
  }

  private async readOn(): Promise<void> {
    const { fileId } = this.options
    while (this.isReading()) {
      // All that there is by now, whatever file it concerns: a reader of one file must not take the feed back to the
      // last event of that file, and everybody with it.
      const everybodyHas = maximum(this.feed.head, BigInt(await this.log.latest()))
      const limit = this.pageSize
      const page = await this.log.after(String(this.position), { fileId, limit })
      let taken = 0
      for (const event of page) {
        if (!this.isReading()) break
        this.position = BigInt(event.id)
        this.hand(event)
        taken++
      }
      // As much as the sink takes at once: what it has no room for is thrown away, and read again later.
      if (!this.isReading()) this.pageSize = Math.max(SMALLEST_PAGE, taken)
      else this.pageSize = Math.min(LARGEST_PAGE, limit * 2)
      if (page.length === limit || !this.isReading()) continue
      // What the feed had seen before our look, our look has seen, too.
      if (everybodyHas > this.position) this.position = everybodyHas
      if (this.feed.join(this)) this.state = 'live'
    }
  }

  private hand(event: RecordedEvent): void {
    if (this.options.sink(event) || this.state === 'closed') return
    this.state = 'full'
    this.feed.leave(this)
  }

  // A method, because handing on an event may change the state behind the compiler's back.
  private isReading(): boolean {
    return this.state === 'reading'
  }
}

function maximum(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
