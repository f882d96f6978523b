import { minute, second } from '../application.js'
import type { Admission } from '../editor-session.js'
import type { Person } from '../participant.js'
import { Turns } from '../turns.js'
import type { NativeContext } from './native-context.js'
import { NativeDocument } from './native-document.js'
import { NativeLock } from './native-lock.js'
import { NativeEditingSession } from './native-editing-session.js'
import type { NativeFileInfo } from './plus-info.js'

const coauthLockSeconds = (10 * minute) / second
const leaveAttempts = 60

/**
 * One person with desktop Word, Excel or PowerPoint: opens the document with a coauth lock of their own, sees by the table who
 * else is there, saves what changed, and merges what the others saved.
 */
export class NativeEditor {
  readonly #turns = new Turns()
  #sitting: NativeEditingSession | undefined
  #alarm = new AbortController()

  constructor(
    private readonly context: NativeContext,
    readonly person: Person,
  ) {}

  get isOpen(): boolean {
    return this.#sitting?.over === false
  }

  /** What the document says here, with the own unsaved changes. */
  get lines(): readonly string[] {
    return this.#sitting?.document.lines ?? []
  }

  get unsaved(): number {
    return this.#sitting?.document.unsaved ?? 0
  }

  open(): Promise<Admission> {
    return this.#turns.take(() => this.#open())
  }

  /** False when the document is not open, or no more. */
  type(text: string): boolean {
    if (!this.#sitting || this.#sitting.over) return false
    this.#sitting.type(text)
    this.#alarm.abort()
    return true
  }

  /** Before it is due; false when the host did not take it. */
  save(): Promise<boolean> {
    return this.#turns.take(async () => (await this.#sitting?.saveNow()) ?? false)
  }

  async leave(): Promise<void> {
    const { clock } = this.context
    // A host that is away is given seconds of real time, however fast the simulation runs.
    const pause = Math.max(5 * second, second * clock.speed)
    for (let attempt = 0; attempt < leaveAttempts && this.isOpen; attempt += 1) {
      if (attempt > 0) await clock.sleep(pause)
      await this.#turns.take(async () => this.#sitting?.leave())
    }
    this.#sitting?.close('the host stayed away')
    this.#alarm.abort()
  }

  async #open(): Promise<Admission> {
    const { application, random, wopi } = this.context
    const { access, name } = this.person
    const checked = await wopi.checkFileInfo(access)
    if (checked.kind !== 'ok') return this.#turnAway(checked)
    const why = obstacle(checked.info)
    if (why !== undefined) return this.#notAdmitted(why)
    const lock = new NativeLock(wopi, access, `{${random.guid()}}`, coauthLockSeconds)
    const taken = await lock.take()
    if (taken.kind !== 'ok') return this.#turnAway(taken)
    const fetched = await wopi.getChunkedFile(access, new Map())
    const document =
      fetched.kind === 'ok' ? readable(() => new NativeDocument(application, fetched)) : undefined
    if (!document) {
      await lock.release()
      return fetched.kind === 'ok'
        ? this.#notAdmitted(`it is no document of ${application.label} that can be read here`)
        : this.#turnAway(fetched)
    }
    this.context.report(name, {
      kind: 'opened',
      sequenceNumber: document.sequenceNumber,
      editors: lock.editors,
    })
    const sitting = new NativeEditingSession(this.context, this.person, lock, document)
    this.#sitting = sitting
    void this.context.clock.run(() => this.#tend(sitting))
    return { kind: 'admitted' }
  }

  async #tend(sitting: NativeEditingSession): Promise<void> {
    const { clock } = this.context
    while (!sitting.over) {
      await clock.sleep(sitting.nextDue() - clock.now(), this.#alarm.signal)
      if (this.#alarm.signal.aborted) this.#alarm = new AbortController()
      await this.#turns.take(() => (sitting.over ? Promise.resolve() : sitting.work()))
    }
  }

  #turnAway(answer: { readonly kind: string; readonly call: string }): Admission {
    if (answer.kind === 'unavailable') return { kind: 'unavailable', why: answer.call }
    return this.#notAdmitted(answer.call)
  }

  #notAdmitted(why: string): Admission {
    this.context.report(this.person.name, { kind: 'not-admitted', why })
    return { kind: 'not-admitted', why }
  }
}

/** Why this document is not one to co-author in the desktop application. */
export function obstacle(info: NativeFileInfo): string | undefined {
  if ('missing' in info.plus) {
    return `the host offers no native co-authoring: CheckFileInfo lacks ${info.plus.missing.join(', ')}`
  }
  if (!info.UserCanWrite || info.ReadOnly) return 'CheckFileInfo says that they may not edit'
  if (!info.SupportsLocks || !info.SupportsUpdate) {
    return 'without SupportsLocks and SupportsUpdate the document is read-only'
  }
  return undefined
}

function readable(open: () => NativeDocument): NativeDocument | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}
