import type { Application } from '../application.js'
import type { Clock } from '../clock.js'
import { EditorSession } from '../editor-session.js'
import { inWords } from '../narrator.js'
import { asLine } from '../office/xml-text.js'
import { Random } from '../random.js'
import type { Happening, SessionEvent } from '../session-event.js'
import type { WopiClient } from '../wopi-client.js'
import { Refusal } from './refusal.js'
import { Tab } from './tab.js'
import type { SeatView, Visitor } from './tab.js'
import { explained } from './explained.js'

export interface DocumentContext {
  readonly wopi: WopiClient
  readonly clock: Clock
  readonly report: (event: SessionEvent) => void
}

/** One document and the pages that show it: all who open it write in one session of the editor service. */
export class SharedDocument {
  readonly #seats = new Set<Tab>()
  readonly #session: EditorSession
  #status = ''
  #seated = 0
  #typed = 0
  #publishing = false

  constructor(
    private readonly application: Application,
    private readonly fileName: string,
    private readonly context: DocumentContext,
  ) {
    const { clock, wopi } = context
    this.#session = new EditorSession({
      application,
      clock,
      wopi,
      random: new Random(String(Math.random())),
      truth: {
        // People want to find what they typed, and nothing else.
        type: (author, text) => ({ mark: `${author}#${++this.#typed}`, line: asLine(text) }),
        acknowledge: () => undefined,
      },
      report: (what) => this.#heard(what),
    })
  }

  get isEmpty(): boolean {
    return this.#seats.size === 0
  }

  /** @throws Refusal with the reason why this person does not get in */
  async open(visitor: Visitor, onGone: (seat: Tab) => void): Promise<Tab> {
    const seat: Tab = new Tab(visitor, ++this.#seated, this.#freeName(visitor), () => onGone(seat))
    // Before the first wait: a document is given up as soon as nobody sits at it.
    this.#seats.add(seat)
    try {
      await (visitor.readOnly ? this.#read(seat) : this.#join(seat))
    } catch (error) {
      this.#remove(seat)
      throw error
    }
    this.#publish()
    return seat
  }

  type(seat: Tab, lines: readonly string[]): void {
    for (const line of lines) {
      if (!this.#session.type(seat, line))
        throw new Refusal(409, seat.ended ?? 'This page only shows the document.')
    }
  }

  save(): Promise<boolean> {
    return this.#session.save()
  }

  async leave(seat: Tab): Promise<void> {
    seat.end('You have left the document.')
    this.#publish()
    await this.#session.leave(seat)
    this.#remove(seat)
    this.#publish()
  }

  abandon(): void {
    this.#session.abandon()
    for (const seat of this.#seats) this.#remove(seat)
  }

  view(seat: Tab): SeatView {
    const people = [...this.#seats].filter(({ ended }) => ended === undefined)
    return {
      text: seat.visitor.readOnly ? seat.readersText : this.#session.text,
      people: people.map(({ viewId, name, visitor }) => ({
        viewId,
        userId: visitor.info.UserId,
        name,
        readOnly: visitor.readOnly,
      })),
      unsaved: this.#session.unsaved > 0,
      status: this.#status,
      ...(seat.ended === undefined ? {} : { ended: seat.ended }),
    }
  }

  async #join(seat: Tab): Promise<void> {
    const admission = await this.#session.join(seat)
    if (admission.kind === 'unavailable') throw new Refusal(502, explained(admission.why))
    if (admission.kind === 'not-admitted') throw new Refusal(403, explained(admission.why))
  }

  /** What is saved, with the reader's own right: what is not saved yet is the editors' alone. */
  async #read(seat: Tab): Promise<void> {
    const file = await this.context.wopi.getFile(seat.access)
    if (file.kind === 'unavailable') throw new Refusal(502, explained(file.call))
    if (file.kind !== 'ok') throw new Refusal(403, explained(file.call))
    try {
      seat.readersText = this.application.open(file.bytes).lines()
    } catch {
      throw new Refusal(415, `This is no document of ${this.application.label} that can be read here.`)
    }
  }

  #heard(what: Happening): void {
    const { clock, report } = this.context
    report({ at: clock.now(), document: this.fileName, application: this.application.name, what })
    this.#status = inWords(what) ?? this.#status
    if (what.kind === 'removed')
      this.#seatOf(what.who)?.end(`You are out of the document: ${explained(what.why)}`)
    if (what.kind === 'saved') for (const seat of this.#seats) void this.#showSaved(seat)
    this.#publish()
  }

  async #showSaved(seat: Tab): Promise<void> {
    if (!seat.visitor.readOnly) return
    try {
      await this.#read(seat)
    } catch (error) {
      // A host that is away for a while takes no right away.
      if (error instanceof Refusal && error.status === 403) seat.end(error.message)
    }
    this.#publish()
  }

  /** Once for everything that happens in one go. */
  #publish(): void {
    if (this.#publishing) return
    this.#publishing = true
    setImmediate(() => {
      this.#publishing = false
      for (const seat of this.#seats) seat.show(this.view(seat))
    })
  }

  #remove(seat: Tab): void {
    seat.dismiss()
    this.#seats.delete(seat)
  }

  #seatOf(name: string): Tab | undefined {
    return [...this.#seats].find((seat) => seat.name === name && seat.ended === undefined)
  }

  /** Somebody with two tabs is two people to whoever watches. */
  #freeName({ info }: Visitor): string {
    const wanted = info.UserFriendlyName || info.UserId
    for (let tab = 1; ; tab += 1) {
      const name = tab === 1 ? wanted : `${wanted} (${tab})`
      if (!this.#seatOf(name)) return name
    }
  }
}
