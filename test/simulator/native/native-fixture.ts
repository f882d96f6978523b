import type { Application } from '../../../simulator/application.js'
import type { Clock } from '../../../simulator/clock.js'
import { EditorSession } from '../../../simulator/editor-session.js'
import { GroundTruth } from '../../../simulator/ground-truth.js'
import type { NativeContext } from '../../../simulator/native/native-context.js'
import { NativeClient } from '../../../simulator/native/native-client.js'
import { NativeEditor } from '../../../simulator/native/native-editor.js'
import type { NativeHappening } from '../../../simulator/native/native-event.js'
import type { Person } from '../../../simulator/participant.js'
import { Random } from '../../../simulator/random.js'
import { RestClient } from '../../../simulator/rest-client.js'
import type { Happening } from '../../../simulator/session-event.js'
import type { Account, SharedFile } from '../../../simulator/shared-file.js'
import { editorFor, shareNewFile } from '../../../simulator/shared-file.js'
import { WopiClient } from '../../../simulator/wopi-client.js'
import { bearerFor } from '../../kit/people.js'
import type { Tandem } from '../../kit/tandem.js'

export const plus = { env: { COAUTH_PROFILE: 'plus' } }

export async function accountsOf(tandem: Tandem, users: readonly string[]): Promise<[Account, ...Account[]]> {
  const accounts: Account[] = []
  for (const user of users) {
    const rest = new RestClient(tandem.url, await bearerFor(tandem.dataDir, user))
    await rest.signIn()
    accounts.push({ user, rest })
  }
  const [owner, ...others] = accounts
  if (!owner) throw new Error('nobody is there')
  return [owner, ...others]
}

/** One document, and people who open it with either kind of editor. */
export class NativeDesk {
  readonly log: { readonly who: string; readonly what: NativeHappening }[] = []
  readonly browserLog: Happening[] = []
  readonly #truth: GroundTruth

  private constructor(
    readonly file: SharedFile,
    readonly clock: Clock,
    private readonly accounts: readonly Account[],
  ) {
    this.#truth = new GroundTruth((bytes) => file.application.open(bytes).markedLines())
  }

  static async of(
    tandem: Tandem,
    application: Application,
    clock: Clock,
    users: readonly string[],
  ): Promise<NativeDesk> {
    const accounts = await accountsOf(tandem, users)
    const title = `Native ${Math.random().toString(36).slice(2)}`
    return new NativeDesk(await shareNewFile(application, title, accounts), clock, accounts)
  }

  async person(user: string): Promise<Person> {
    const account = this.accounts.find((one) => one.user === user)
    if (!account) throw new Error(`${user} has no account`)
    return editorFor(account, this.file, user)
  }

  async native(user: string): Promise<NativeEditor> {
    return this.nativeFor(await this.person(user))
  }

  nativeFor(person: Person, wopi = new NativeClient({ sessionId: 'native' })): NativeEditor {
    const report: NativeContext['report'] = (who, what) => void this.log.push({ who, what })
    return new NativeEditor({ ...this.#context(person.name), wopi, report }, person)
  }

  browser(): EditorSession {
    const wopi = new WopiClient({ sessionId: 'browser' })
    const report = (what: Happening): void => void this.browserLog.push(what)
    return new EditorSession({ ...this.#context('browser'), wopi, report })
  }

  content(): Promise<Uint8Array> {
    return this.file.owner.rest.content(this.file.id)
  }

  async verdict(): Promise<ReturnType<GroundTruth['verify']>> {
    return this.#truth.verify(await this.content())
  }

  happened<K extends NativeHappening['kind']>(kind: K): Extract<NativeHappening, { kind: K }>[] {
    return this.log.flatMap(({ what }) =>
      what.kind === kind ? [what as Extract<NativeHappening, { kind: K }>] : [],
    )
  }

  #context(name: string): Omit<NativeContext, 'wopi' | 'report'> {
    const { application } = this.file
    return { application, clock: this.clock, random: new Random(`desk ${name}`), truth: this.#truth }
  }
}
