import { second } from './application.js'
import type { Application, Editors } from './application.js'
import type { Clock } from './clock.js'
import type { GroundTruth } from './ground-truth.js'
import type { OpenDocument } from './open-document.js'
import type { Participant, Person } from './participant.js'
import type { Random } from './random.js'
import type { SaveResult } from './save.js'
import { Saver } from './save.js'
import type { Happening } from './session-event.js'
import type { LockAnswer, SessionLock } from './session-lock.js'
import type { FileInfo, WopiClient } from './wopi-client.js'

export interface SessionContext {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
  readonly wopi: WopiClient
  readonly truth: Pick<GroundTruth, 'type' | 'acknowledge'>
  readonly report: (what: Happening) => void
}

const retryPause = 30 * second

/** One opening of a document, from the first who joins to the last who leaves. */
export class EditingSession {
  readonly #participants: Participant[] = []
  readonly #saver: Saver
  #over = false
  #saveNotBefore = 0
  #saveRefusedAt: number | undefined
  #lockRefreshAt: number

  constructor(
    private readonly context: SessionContext,
    private readonly lock: SessionLock,
    private readonly open: OpenDocument,
  ) {
    const { wopi, application, clock } = context
    this.#saver = new Saver(wopi, lock, open, application.namesEditors, () => this.#lockWasRetaken())
    this.#lockRefreshAt = clock.now() + application.lockRefreshEvery
  }

  get over(): boolean {
    return this.#over
  }

  get names(): string[] {
    return this.#participants.map(({ person }) => person.name)
  }

  get text(): readonly string[] {
    return this.open.text
  }

  get unsaved(): number {
    return this.open.unsaved
  }

  find(person: Person): Participant | undefined {
    return this.#participants.find((participant) => participant.person === person)
  }

  admit(person: Person, info: FileInfo): void {
    const permissionCheckAt = this.#inFuture(this.context.application.permissionCheck.every)
    this.#participants.push({ person, userId: info.UserId, permissionCheckAt })
    this.context.report({ kind: 'joined', who: person.name, editors: this.names })
  }

  type(by: Participant, text: string): void {
    const line = this.context.truth.type(by.person.name, text)
    this.open.change(by, line, this.context.clock.now())
    this.context.report({ kind: 'typed', who: by.person.name, mark: line.mark })
  }

  /** When there is something to do next. */
  nextDue(): number {
    const checks = this.#participants.map(({ permissionCheckAt }) => permissionCheckAt)
    return Math.min(this.#saveDue(), this.#giveUpDue(), this.#lockRefreshAt, ...checks)
  }

  async work(): Promise<void> {
    const { clock } = this.context
    if (clock.now() >= this.#saveDue()) await this.#save()
    if (clock.now() >= this.#giveUpDue()) await this.removeEveryone('the document could not be saved')
    for (const participant of [...this.#participants]) {
      if (clock.now() >= participant.permissionCheckAt && this.find(participant.person))
        await this.#ask(participant)
    }
    if (!this.#over && clock.now() >= this.#lockRefreshAt) await this.#refreshLock()
  }

  /** Somebody pressed the button; false when the host did not take it. */
  async saveNow(): Promise<boolean> {
    return this.open.unsaved === 0 || this.#save()
  }

  /** The last one saves and unlocks; `'not-yet'` when the host was not there for it. */
  async leave(participant: Participant): Promise<'left' | 'not-yet'> {
    if (this.#participants.length > 1) {
      this.#drop(participant)
      this.context.report({ kind: 'left', who: participant.person.name, editors: this.names })
      return 'left'
    }
    // A refused save is not tried again at every attempt to leave.
    const mayTry = this.#saveRefusedAt === undefined || this.context.clock.now() >= this.#saveDue()
    if (this.open.unsaved > 0 && mayTry) await this.#save()
    if (this.#over) return 'left'
    if (this.open.unsaved > 0) return 'not-yet'
    const answer = await this.lock.release(participant.person.access)
    if (answer.kind === 'unavailable') return 'not-yet'
    if (answer.kind !== 'held') this.context.report({ kind: 'surprise', what: answer.call })
    this.#drop(participant)
    this.context.report({ kind: 'left', who: participant.person.name, editors: [] })
    this.#close()
    return 'left'
  }

  async removeEveryone(why: string): Promise<void> {
    for (const { person } of this.#participants) {
      this.context.report({ kind: 'removed', who: person.name, why })
    }
    for (const { person } of this.#participants.splice(0)) {
      if ((await this.lock.release(person.access)).kind !== 'refused') break
    }
    this.#close()
  }

  /** The service stops, whatever is open: the host hears nothing of it, and the lock runs out. */
  abandon(): void {
    if (this.#over) return
    this.#participants.length = 0
    this.#close()
  }

  async #save(): Promise<boolean> {
    const { application, truth, report } = this.context
    const saver = application.saver(this.#editors(), this.open.lastChangeBy)
    const result = await this.#saver.save(saver.person.access)
    const withToken = saver.person.name
    if (result.kind !== 'saved') {
      await this.#saveFailed(result, withToken)
      return false
    }
    const { snapshot, version } = result
    this.#saveRefusedAt = undefined
    const marks = snapshot.changes.map(({ mark }) => mark)
    truth.acknowledge(marks, version ?? 'unknown')
    const changesBy = [...new Set(snapshot.changes.map(({ by }) => by.person.name))]
    report({ kind: 'saved', withToken, version, changesBy, changes: marks.length })
    return true
  }

  async #saveFailed(failed: Exclude<SaveResult, { kind: 'saved' }>, withToken: string): Promise<void> {
    const { application, clock, report } = this.context
    this.#saveNotBefore = this.#inFuture(application.saveInterval(this.#participants.length))
    const { why } = failed
    if (failed.kind === 'delayed') {
      this.#saveNotBefore = Math.max(this.#saveNotBefore, this.#inFuture(failed.retryAfterMs * clock.speed))
      report({ kind: 'save-delayed', withToken, why })
      return
    }
    this.#saveRefusedAt ??= clock.now()
    const everyoneOutBy = failed.kind === 'overtaken' ? clock.now() : this.#giveUpDue()
    report({ kind: 'save-refused', withToken, why, everyoneOutBy })
    if (everyoneOutBy <= clock.now()) await this.removeEveryone('the document could not be saved')
  }

  /** Asks whether a participant may still edit, in the application's way. */
  async #ask(participant: Participant): Promise<void> {
    const { application, wopi, report } = this.context
    const { access, name } = participant.person
    if (application.permissionCheck.by === 'refresh-lock') {
      const answer = await this.#refreshWith(participant)
      if (answer.kind === 'refused') await this.#remove(participant, answer.call)
      participant.permissionCheckAt = this.#inFuture(
        answer.kind === 'held' ? application.permissionCheck.every : retryPause,
      )
      return
    }
    const outcome = await wopi.checkFileInfo(access)
    participant.permissionCheckAt = this.#inFuture(
      outcome.kind === 'unavailable' ? retryPause : application.permissionCheck.every,
    )
    if (outcome.kind === 'refused') return this.#remove(participant, outcome.call)
    if (outcome.kind === 'unexpected') report({ kind: 'surprise', what: outcome.call })
    if (outcome.kind !== 'ok') return
    if (!mayEdit(outcome.info)) return this.#remove(participant, 'CheckFileInfo says that they may not edit')
    report({ kind: 'permission-checked', who: name })
  }

  async #refreshLock(): Promise<void> {
    for (const participant of this.context.random.shuffle(this.#participants)) {
      if ((await this.#refreshWith(participant)).kind === 'held' || this.#over) return
    }
    this.#lockRefreshAt = this.#inFuture(retryPause)
  }

  async #refreshWith({ person }: Participant): Promise<LockAnswer> {
    const { application, report } = this.context
    let answer = await this.lock.refresh(person.access)
    if (answer.kind === 'held') {
      this.#lockRefreshAt = this.#inFuture(application.lockRefreshEvery)
      report({ kind: 'lock-refreshed', withToken: person.name })
    }
    if (answer.kind === 'gone') answer = await this.#saver.retake(person.access)
    if (answer.kind === 'elsewhere') await this.removeEveryone(answer.call)
    if (answer.kind === 'unexpected') report({ kind: 'surprise', what: answer.call })
    return answer
  }

  #lockWasRetaken(): void {
    this.#lockRefreshAt = this.#inFuture(this.context.application.lockRefreshEvery)
    this.context.report({ kind: 'lock-retaken' })
  }

  async #remove(participant: Participant, why: string): Promise<void> {
    if (this.#participants.length === 1) return this.removeEveryone(why)
    this.#drop(participant)
    this.context.report({ kind: 'removed', who: participant.person.name, why })
  }

  #drop(participant: Participant): void {
    this.#participants.splice(this.#participants.indexOf(participant), 1)
  }

  #close(): void {
    this.#over = true
    this.context.report({ kind: 'closed', unsaved: this.open.unsaved })
  }

  #saveDue(): number {
    const { unsavedSince } = this.open
    if (this.#over || unsavedSince === undefined) return Infinity
    const interval = this.context.application.saveInterval(this.#participants.length)
    // One last try before everyone is removed: what was typed since the last one is in no save yet.
    return Math.min(Math.max(unsavedSince + interval, this.#saveNotBefore), this.#giveUpDue())
  }

  #giveUpDue(): number {
    if (this.#over || this.#saveRefusedAt === undefined) return Infinity
    return this.#saveRefusedAt + this.context.application.saveRefusedPatience
  }

  #inFuture(ms: number): number {
    return this.context.clock.now() + ms
  }

  #editors(): Editors {
    const [first, ...others] = this.#participants
    if (!first) throw new Error('A document without editors is not saved')
    return [first, ...others]
  }
}

export function mayEdit(info: FileInfo): boolean {
  return info.UserCanWrite && !info.ReadOnly
}
