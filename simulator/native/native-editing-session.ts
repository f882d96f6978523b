import { minute, second } from '../application.js'
import type { Person } from '../participant.js'
import type { NativeDocument } from './native-document.js'
import type { NativeContext } from './native-context.js'
import type { NativeHappening } from './native-event.js'
import type { NativeLock } from './native-lock.js'
import type { NativeFailure } from './native-outcome.js'
import { NativeSaver } from './native-saver.js'

const pollEvery = 20 * second
/** Half of the lock's life: one refresh may fail. */
const refreshEvery = 5 * minute
const retryPause = 30 * second

/** One opening of a document by one person, from the coauth lock to its release. */
export class NativeEditingSession {
  readonly #saver: NativeSaver
  #over = false
  #pollAt: number
  #refreshAt: number
  #saveNotBefore = 0

  constructor(
    private readonly context: NativeContext,
    private readonly person: Person,
    private readonly lock: NativeLock,
    readonly document: NativeDocument,
  ) {
    const { clock, truth, wopi } = context
    this.#pollAt = clock.now() + pollEvery
    this.#refreshAt = clock.now() + refreshEvery
    this.#saver = new NativeSaver(wopi, person.access, lock, document, {
      report: (what) => this.#report(what),
      acknowledged: (changes, version) => {
        const marks = changes.map(({ mark }) => mark)
        truth.acknowledge(marks, version)
      },
    })
  }

  get over(): boolean {
    return this.#over
  }

  type(text: string): void {
    const line = this.context.truth.type(this.person.name, text)
    this.document.change(line, this.context.clock.now())
    this.#report({ kind: 'typed', mark: line.mark })
  }

  /** When there is something to do next. */
  nextDue(): number {
    return Math.min(this.#saveDue(), this.#refreshAt, this.#pollAt)
  }

  async work(): Promise<void> {
    const { clock } = this.context
    if (clock.now() >= this.#saveDue()) await this.saveNow()
    if (!this.#over && clock.now() >= this.#refreshAt) await this.#refresh()
    if (!this.#over && clock.now() >= this.#pollAt) await this.#poll()
  }

  /** False when the host did not take it. */
  async saveNow(): Promise<boolean> {
    if (this.#over) return false
    const result = await this.#saver.save()
    if (result.kind === 'saved') return true
    const { why } = result
    if (result.kind === 'refused') {
      this.#report({ kind: 'save-refused', why })
      await this.#remove('the document could not be saved')
      return false
    }
    const { application, clock } = this.context
    const pause = Math.max(
      application.saveInterval(this.lock.editors.length),
      result.retryAfterMs * clock.speed,
    )
    this.#saveNotBefore = clock.now() + pause
    this.#report({ kind: 'save-delayed', why })
    return false
  }

  /** Still open afterwards when the host was not there for it, or does not take what is unsaved. */
  async leave(): Promise<void> {
    if (this.document.unsaved > 0) await this.saveNow()
    if (this.#over || this.document.unsaved > 0) return
    const released = await this.lock.release()
    if (released.kind === 'unavailable') return
    // A lock that is gone already needs no release.
    if (released.kind !== 'ok' && released.kind !== 'conflict') this.#surprise(released)
    this.#report({ kind: 'left' })
    this.#close()
  }

  /** Ends without another call, whatever is unsaved. */
  close(why: string): void {
    if (this.#over) return
    this.#report({ kind: 'removed', why })
    this.#close()
  }

  async #refresh(): Promise<void> {
    const answer = await this.lock.refresh()
    this.#refreshAt = this.#inFuture(answer.kind === 'ok' ? refreshEvery : retryPause)
    if (answer.kind === 'ok') this.#report({ kind: 'lock-refreshed' })
    else if (answer.kind === 'conflict') await this.#retake()
    else await this.#heard(answer)
  }

  /** Who is there, and what did they save? */
  async #poll(): Promise<void> {
    const { wopi } = this.context
    this.#pollAt = this.#inFuture(pollEvery)
    const polled = await this.lock.poll()
    if (polled.kind !== 'ok') return this.#heard(polled)
    if (polled.changed) this.#report({ kind: 'editors-changed', editors: this.lock.editors })
    if (!this.lock.isInTable) await this.#retake()
    if (this.#over) return
    const asked = await wopi.getSequenceNumber(this.person.access)
    if (asked.kind !== 'ok') return this.#heard(asked)
    if (asked.sequenceNumber === this.document.sequenceNumber) return
    const failed = await this.#saver.catchUp()
    if (failed) await this.#heard(failed)
  }

  /** While somebody else keeps us out, what was typed waits: the next save tries again. */
  async #retake(): Promise<void> {
    const failed = await this.#saver.retake()
    if (failed && failed.kind !== 'conflict') await this.#heard(failed)
    if (!failed) this.#refreshAt = this.#inFuture(refreshEvery)
  }

  async #heard(failure: NativeFailure): Promise<void> {
    if (failure.kind === 'unavailable') return
    if (failure.kind === 'refused') await this.#remove(failure.call)
    else this.#surprise(failure)
  }

  async #remove(why: string): Promise<void> {
    await this.lock.release()
    this.close(why)
  }

  #surprise({ call }: NativeFailure): void {
    this.#report({ kind: 'surprise', what: call })
  }

  #close(): void {
    this.#over = true
    this.#report({ kind: 'closed', unsaved: this.document.unsaved })
  }

  #saveDue(): number {
    const { unsavedSince } = this.document
    if (this.#over || unsavedSince === undefined) return Infinity
    const interval = this.context.application.saveInterval(this.lock.editors.length)
    return Math.max(unsavedSince + interval, this.#saveNotBefore)
  }

  #inFuture(ms: number): number {
    return this.context.clock.now() + ms
  }

  #report(what: NativeHappening): void {
    this.context.report(this.person.name, what)
  }
}
