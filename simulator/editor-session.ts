import type { Application } from './application.js'
import type { OfficeDocument } from './office/office-document.js'
import { OpenDocument } from './open-document.js'
import type { Person } from './participant.js'
import { SessionLock } from './session-lock.js'
import type { LockAnswer } from './session-lock.js'
import type { SessionContext } from './editing-session.js'
import { EditingSession, mayEdit } from './editing-session.js'
import { Turns } from './turns.js'
import type { FileInfo } from './wopi-client.js'
import type { Failure } from './wopi-outcome.js'

export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'not-admitted'; readonly why: string }
  /** The host was not there to ask; try again. */
  | { readonly kind: 'unavailable'; readonly why: string }

const leaveAttempts = 60

/**
 * The editor service's side of one document: people open it, type and leave; the service merges, saves,
 * refreshes the lock and asks for permissions as its application does. When all have left, the next to come
 * opens it afresh.
 */
export class EditorSession {
  readonly #turns = new Turns()
  #sitting: EditingSession | undefined
  /** Kept until the document is closed: the answer to an earlier Lock with this id may have been lost. */
  #lock: SessionLock | undefined
  #alarm = new AbortController()

  constructor(private readonly context: SessionContext) {}

  /** What the document says, with everybody's changes; empty while nobody has it open. */
  get text(): readonly string[] {
    return this.#openSitting()?.text ?? []
  }

  get unsaved(): number {
    return this.#openSitting()?.unsaved ?? 0
  }

  has(person: Person): boolean {
    return this.#sitting?.find(person) !== undefined
  }

  join(person: Person): Promise<Admission> {
    return this.#turns.take(() => this.#admit(person))
  }

  /** False when the person is not in the session, or no more. */
  type(person: Person, text: string): boolean {
    const participant = this.#sitting?.find(person)
    if (!participant) return false
    this.#sitting?.type(participant, text)
    this.#wake()
    return true
  }

  /** Before it is due; false when the host did not take it. */
  save(): Promise<boolean> {
    return this.#turns.take(async () => (await this.#openSitting()?.saveNow()) ?? false)
  }

  /** Ends without another call, whatever is unsaved. */
  abandon(): void {
    this.#sitting?.abandon()
    this.#wake()
  }

  async leave(person: Person): Promise<void> {
    const { clock } = this.context
    // A host that is away is given seconds of real time, however fast the simulation runs.
    const pause = Math.max(5000, 1000 * clock.speed)
    for (let attempt = 0; attempt < leaveAttempts; attempt += 1) {
      if ((await this.#turns.take(() => this.#letGo(person))) === 'left') return
      await clock.sleep(pause)
    }
    await this.#turns.take(async () => this.#sitting?.removeEveryone('the host stayed away'))
    this.#wake()
  }

  async #admit(person: Person): Promise<Admission> {
    const checked = await this.context.wopi.checkFileInfo(person.access)
    if (checked.kind !== 'ok') return this.#turnAway(person, checked)
    const { info } = checked
    if (!mayEdit(info)) return this.#notAdmitted(person, 'CheckFileInfo says that they may not edit')
    if (!info.SupportsLocks || !info.SupportsUpdate) {
      return this.#notAdmitted(person, 'without SupportsLocks and SupportsUpdate the document is read-only')
    }
    const sitting = this.#openSitting()
    if (!sitting) return this.#open(person, info)
    if (!info.SupportsCoauth)
      return this.#notAdmitted(person, 'without SupportsCoauth only one person may edit')
    sitting.admit(person, info)
    this.#wake()
    return { kind: 'admitted' }
  }

  async #open(person: Person, info: FileInfo): Promise<Admission> {
    const { application, clock, random, report, wopi } = this.context
    const lock = (this.#lock ??= new SessionLock(wopi, application, random))
    const taken = await lock.take(person.access)
    if (taken.kind !== 'held') return this.#turnAway(person, taken)
    const file = await wopi.getFile(person.access)
    if (file.kind !== 'ok') return this.#turnAway(person, file)
    const document = readable(application, file.bytes)
    if (!document) {
      await lock.release(person.access)
      return this.#notAdmitted(person, `it is no document of ${application.label} that can be read here`)
    }
    report({ kind: 'opened', who: person.name, version: file.version })
    if (lock.settles) {
      const settled = await lock.settle(person.access)
      if (settled.kind !== 'held') return this.#turnAway(person, settled)
      report({ kind: 'lock-settled', who: person.name })
    }
    const sitting = new EditingSession(this.context, lock, new OpenDocument(document, file.version))
    this.#sitting = sitting
    sitting.admit(person, info)
    void clock.run(() => this.#tend(sitting))
    return { kind: 'admitted' }
  }

  async #tend(sitting: EditingSession): Promise<void> {
    const { clock } = this.context
    while (!sitting.over) {
      await clock.sleep(sitting.nextDue() - clock.now(), this.#alarm.signal)
      if (this.#alarm.signal.aborted) this.#alarm = new AbortController()
      await this.#turns.take(() => (sitting.over ? Promise.resolve() : sitting.work()))
    }
    this.#forgetWhenOver()
  }

  async #letGo(person: Person): Promise<'left' | 'not-yet'> {
    const sitting = this.#openSitting()
    const participant = sitting?.find(person)
    if (!sitting || !participant) return 'left'
    const result = await sitting.leave(participant)
    this.#forgetWhenOver()
    this.#wake()
    return result
  }

  #openSitting(): EditingSession | undefined {
    this.#forgetWhenOver()
    return this.#sitting
  }

  #forgetWhenOver(): void {
    if (!this.#sitting?.over) return
    this.#sitting = undefined
    this.#lock = undefined
  }

  /** What is due next has changed. */
  #wake(): void {
    this.#alarm.abort()
  }

  #turnAway(person: Person, answer: Failure | Exclude<LockAnswer, { kind: 'held' }>): Admission {
    if (answer.kind === 'unavailable') return { kind: 'unavailable', why: answer.call }
    return this.#notAdmitted(person, answer.call)
  }

  #notAdmitted(person: Person, why: string): Admission {
    this.context.report({ kind: 'not-admitted', who: person.name, why })
    return { kind: 'not-admitted', why }
  }
}

function readable(application: Application, bytes: Uint8Array): OfficeDocument | undefined {
  try {
    return application.open(bytes)
  } catch {
    return undefined
  }
}
