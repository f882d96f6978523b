import type { WopiAccess } from '../wopi-connection.js'
import type { CoauthTable } from './coauth-table.js'
import type { NativeClient } from './native-client.js'
import type { NativeOutcome } from './native-outcome.js'

/** One client's own coauth lock, and what it knows of the others by the table that comes with every answer. */
export class NativeLock {
  #table: CoauthTable = { version: '', rows: [] }

  constructor(
    private readonly wopi: NativeClient,
    private readonly access: WopiAccess,
    readonly id: string,
    private readonly seconds: number,
  ) {}

  /** Everybody who has the document open, this client among them. */
  get editors(): string[] {
    return this.#table.rows.map(({ UserFriendlyName }) => UserFriendlyName)
  }

  get isInTable(): boolean {
    return this.#table.rows.some(({ CoauthLockId }) => CoauthLockId === this.id)
  }

  take(): Promise<NativeOutcome<CoauthTable>> {
    const metadata = JSON.stringify({ client: 'tandem-simulator', room: `Straße 7, 会議室 – ${this.id}` })
    return this.#learn(this.wopi.getCoauthLock(this.access, this.#wish, metadata))
  }

  refresh(): Promise<NativeOutcome<CoauthTable>> {
    return this.#learn(this.wopi.refreshCoauthLock(this.access, this.#wish))
  }

  release(): Promise<NativeOutcome> {
    return this.wopi.unlockCoauthLock(this.access, this.id)
  }

  /** Whether somebody came or went since the last answer. */
  async poll(): Promise<NativeOutcome<{ changed: boolean }>> {
    const answer = await this.wopi.getCoauthTable(this.access, this.#table.version)
    if (answer.kind !== 'ok') return answer
    if (answer.table) this.#table = answer.table
    return { kind: 'ok', changed: answer.table !== undefined }
  }

  get #wish(): { id: string; seconds: number } {
    return { id: this.id, seconds: this.seconds }
  }

  async #learn(asked: Promise<NativeOutcome<CoauthTable>>): Promise<NativeOutcome<CoauthTable>> {
    const answer = await asked
    if (answer.kind === 'ok') this.#table = { version: answer.version, rows: answer.rows }
    return answer
  }
}
