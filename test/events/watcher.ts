import { once } from 'node:events'
import { get, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Person } from '../kit/people.js'
import { until } from '../reliability/until.js'

export interface SeenEvent {
  readonly id: string
  readonly at: string
  readonly kind: string
  readonly fileId: string | null
  readonly sessionId: string | null
  readonly userId: string | null
  readonly detail: Record<string, unknown>
}

export interface WatchOptions {
  readonly query?: string
  readonly lastEventId?: string
}

/** Somebody with a bearer token, or a browser. */
type Watching = Pick<Person, 'baseUrl'> & ({ readonly bearer: string } | { readonly cookie: string })

/** A client of the live stream that notes what it is told, down to the bytes. */
export class Watcher {
  readonly events: SeenEvent[] = []
  /** The lines beginning with a colon. */
  comments = 0
  ended = false
  private rest = ''

  private constructor(
    readonly response: IncomingMessage,
    private readonly request: ClientRequest,
  ) {}

  /** Resolves as soon as the answer has begun, whatever it is. */
  static async open(person: Watching, { query = '', lastEventId }: WatchOptions = {}): Promise<Watcher> {
    const headers = {
      ...('cookie' in person ? { cookie: person.cookie } : { authorization: `Bearer ${person.bearer}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    }
    const request = get(`${person.baseUrl}/api/v1/events${query}`, { headers, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const watcher = new Watcher(response, request)
    response.on('close', () => (watcher.ended = true))
    response.on('error', () => undefined)
    return watcher
  }

  /** The same, and begins to read. @throws when it is refused */
  static async watch(person: Watching, options: WatchOptions = {}): Promise<Watcher> {
    const watcher = await Watcher.open(person, options)
    if (watcher.status !== 200) throw new Error(`the stream was answered ${watcher.status}`)
    watcher.read()
    return watcher
  }

  get status(): number {
    return this.response.statusCode ?? 0
  }

  get ids(): number[] {
    return this.events.map(({ id }) => Number(id))
  }

  get kinds(): string[] {
    return this.events.map(({ kind }) => kind)
  }

  read(): void {
    this.response.setEncoding('utf8').on('data', (text: string) => {
      this.take(text)
    })
    this.response.resume()
  }

  async has(count: number): Promise<void> {
    await until(`${count} events`, () => Promise.resolve(this.events.length >= count))
  }

  async isEnded(withinMs?: number): Promise<void> {
    await until('the stream ends', () => Promise.resolve(this.ended), withinMs)
  }

  close(): void {
    this.request.destroy()
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n')
    this.rest = blocks.pop() ?? ''
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments++
      const [, id = '', kind = '', data = ''] = /^id: (\d+)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? []
      if (data === '') continue
      const event = JSON.parse(data) as SeenEvent
      if (event.id !== id || event.kind !== kind) throw new Error(`a frame contradicts itself: ${block}`)
      this.events.push(event)
    }
  }
}
