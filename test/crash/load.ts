import { setTimeout as pause } from 'node:timers/promises'
import { Person } from '../kit/people.js'
import { Editor, type WopiAnswer } from '../kit/wopi.js'
import type { Random } from '../linearizability/random.js'
import { newBody, sha256, type Body } from './body.js'
import type { Ledger } from './ledger.js'

/** A file's history stays on one page of the REST listing. */
const SAVES_PER_FILE = 400
/** Room for restarts and checks beside the load: the longest a client thinks between two calls. */
const THINKING_MS = 60
/** How long a client that gets no useful answer waits before it tries again. */
const RETRY_MS = 25

export interface LoadOptions {
  readonly writers: number
  readonly readers: number
  /** Servers on one database; a client goes to any of them. */
  readonly urls: readonly string[]
  bearer(user: string): Promise<string>
  random(): Random
  /** Answers to a save, beside 503, that are no fault just now: 500 while a disk is made to fail. */
  excuses?(status: number): boolean
}

/** Editors that save and readers that read without a pause, until they are told to stop. */
export class Load {
  /** How often each status (or `no answer`) came back. */
  readonly outcomes = new Map<string, number>()
  private stopping = false
  private readonly open: Editor[] = []
  private readonly work: Promise<unknown>

  constructor(
    private readonly ledger: Ledger,
    private readonly options: LoadOptions,
  ) {
    const writers = Array.from({ length: options.writers }, (_, i) =>
      this.write(`writer-${i}`, options.random()),
    )
    const readers = Array.from({ length: options.readers }, () => this.read(options.random()))
    this.work = Promise.all([...writers, ...readers])
    // Told to whoever calls stop().
    this.work.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.stopping = true
    await this.work
  }

  private goesOn(): boolean {
    return !this.stopping
  }

  private async write(user: string, random: Random): Promise<void> {
    const bearer = await this.options.bearer(user)
    for (let number = 0; this.goesOn(); number++) {
      const editor = await this.openFile(user, bearer, number, random)
      if (!editor) return
      for (let saves = 0; saves < SAVES_PER_FILE && this.goesOn(); saves++) {
        await this.save(editor, lockOf(editor.fileId), newBody(random), random)
        await pause(random.between(0, THINKING_MS))
      }
      this.open.splice(this.open.indexOf(editor), 1)
    }
  }

  private async openFile(
    user: string,
    bearer: string,
    number: number,
    random: Random,
  ): Promise<Editor | undefined> {
    const first = newBody(random, 5000)
    for (let attempt = 0; this.goesOn(); attempt++) {
      const url = random.oneOf(this.options.urls)
      const person = new Person(url, user, bearer)
      try {
        // A name of its own per attempt: one that was not answered may have been carried out.
        const { id, version } = await person.createsFile(`${user} ${number}.${attempt}.docx`, first.bytes)
        this.ledger.created(person, id, version, first.sha256)
        const editor = new Editor(url, id, await person.opensForEdit(id))
        const locked = await editor.lock(lockOf(id))
        if (locked.status !== 200) continue
        this.open.push(editor)
        return editor
      } catch {
        await pause(RETRY_MS)
      }
    }
    return undefined
  }

  /** Saves one body; when nothing useful comes back, half of the clients insist and the others go on with newer edits. */
  private async save(editor: Editor, lockId: string, body: Body, random: Random): Promise<void> {
    this.ledger.sent(editor.fileId, body.sha256)
    do {
      const { fileId, token } = editor
      const answer = await this.ask(new Editor(random.oneOf(this.options.urls), fileId, token), (at) =>
        at.putFile(body.bytes, lockId),
      )
      if (answer?.status === 200) {
        this.ledger.acknowledge(fileId, answer.version ?? 'none', body.sha256)
        return
      }
      // The lock outlives every server: whoever holds it is never refused.
      if (answer && answer.status !== 503 && this.options.excuses?.(answer.status) !== true) {
        this.ledger.lose(
          fileId,
          `a save under a good lock was answered ${answer.status}, lock "${answer.lock}"`,
        )
      }
      await pause(RETRY_MS)
    } while (this.goesOn() && random.chance(0.5))
  }

  private async read(random: Random): Promise<void> {
    while (this.goesOn()) {
      if (this.open.length === 0) {
        await pause(RETRY_MS)
        continue
      }
      const { fileId, token } = random.oneOf(this.open)
      const answer = await this.ask(new Editor(random.oneOf(this.options.urls), fileId, token), (at) =>
        at.getFile(),
      )
      if (answer?.status === 200) this.ledger.read(fileId, answer.version ?? 'none', sha256(answer.body))
      await pause(random.between(0, THINKING_MS))
    }
  }

  private async ask(
    editor: Editor,
    call: (editor: Editor) => Promise<WopiAnswer>,
  ): Promise<WopiAnswer | undefined> {
    const answer = await call(editor).catch(() => undefined)
    const outcome = answer ? String(answer.status) : 'no answer'
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
    return answer
  }
}

function lockOf(fileId: string): string {
  return `lock of ${fileId}`
}
