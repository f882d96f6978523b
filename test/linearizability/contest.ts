import { setTimeout as sleep } from 'node:timers/promises'
import { look, type Action, type Knowledge } from './client-action.js'
import { ClientScript } from './client-script.js'
import type { DriverOptions, DriverReport, NewFile } from './driver.js'
import { isLost, type History, type Operation } from './history.js'
import { Random } from './random.js'
import type { WopiCaller } from './wopi-caller.js'

/** Each lost answer doubles the orders to be tried, so a file that lost this many is retired. */
const MAX_LOST = 10

/** All clients on one file, from its creation until its history is long enough. */
export class Contest {
  private readonly operations: Operation[] = []
  private readonly knowledge: Knowledge = {
    lock: '',
    startedAt: 0,
    lull: null,
    lost: 0,
    contents: [],
  }

  constructor(
    private readonly file: NewFile,
    private readonly number: number,
    private readonly caller: WopiCaller,
    private readonly options: DriverOptions,
    private readonly report: DriverReport,
  ) {}

  async play(budget: number): Promise<History> {
    const { clients, stop, coauthFraction = 0 } = this.options
    // One quiet look before and two after: what the file began with, and what is left of all that was acknowledged.
    const observer = this.script(clients)
    await this.perform(observer, look('CHECK'))
    let left = budget - (coauthFraction > 0 ? 4 : 3)
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const script = this.script(client)
        while (left-- > 0 && this.knowledge.lost < MAX_LOST && !stop?.aborted) {
          await this.perform(script, await script.next(this.knowledge))
        }
      }),
    )
    await this.perform(observer, look('GET_LOCK'))
    if (coauthFraction > 0) await this.perform(observer, look('GET_COAUTH_TABLE'))
    await this.perform(observer, look('CHECK'))
    return { file: this.file.id, operations: this.operations }
  }

  private script(client: number): ClientScript {
    const {
      seed,
      ttlMs,
      graceMs,
      lostFraction = 0.015,
      coauthFraction = 0,
      timestamps = false,
    } = this.options
    return new ClientScript(new Random((seed * 1_000_003 + this.number) * 1_009 + client), {
      client,
      lifeMs: ttlMs + graceMs,
      lostFraction,
      nameOfFile: this.file.id,
      coauthFraction,
      timestamps,
    })
  }

  private async perform(script: ClientScript, action: Action): Promise<void> {
    const { file, caller, report } = this
    if (action.rowHeldMs > 0) await this.holdRow(action.rowHeldMs)
    const operation = await caller.perform(script.client, file, action, (status) =>
      count(report.unexpected, status),
    )
    if (!operation) {
      await sleep(20) // the server is down; the next call may reach another
      return
    }
    this.operations.push(operation)
    report.operations++
    count(
      report.outcomes,
      `${operation.request.kind} ${isLost(operation) ? 'lost' : operation.answer.status}`,
    )
    if (script.learn(operation, this.knowledge)) report.expiries++
  }

  private async holdRow(ms: number): Promise<void> {
    const release = await this.options.holdRow?.(this.file.id)
    if (release) setTimeout(() => void release(), ms)
  }
}

function count(tally: Record<string, number>, name: string | number): void {
  tally[name] = (tally[name] ?? 0) + 1
}
