import { setTimeout as sleep } from 'node:timers/promises'
import {
  isCoauth,
  isLate,
  isLost,
  isRead,
  type LateRequest,
  type Operation,
  type Request,
} from './history.js'
import { hear, look, type Action, type Knowledge, type Lull } from './client-action.js'
import type { Random } from './random.js'
import { sha256Of } from './wopi-caller.js'

export interface ScriptOptions {
  readonly client: number
  readonly lifeMs: number
  readonly lostFraction: number
  readonly nameOfFile: string
  /** How often a client is a native one. */
  readonly coauthFraction: number
  /** Whether they speak of timestamps, as Collabora's do. */
  readonly timestamps: boolean
}

/** Few, so that native clients meet each other's, and clear them away for the browsers. */
const COAUTH_IDS = ['A', 'B']

/** As Word writes them, so that a host that parses ids instead of comparing bytes is caught too. */
const LOCK_IDS = ['{"S":"1","F":"4"}', '{"S":"1", "F":"4"}', '{"F":"4","S":"1"}', 'b']

const LULL_CHANCE = 1 / 80
const LARGEST_BODY = 2_000

type WopiKind = Exclude<Request['kind'], `${string}COAUTH${string}` | LateRequest['kind']>

/** What one client of a contended file does next. */
export class ClientScript {
  private bodies = 0

  constructor(
    private readonly random: Random,
    private readonly options: ScriptOptions,
  ) {}

  async next(knowledge: Knowledge): Promise<Action> {
    return this.basedOnSomething(await this.choose(knowledge), knowledge)
  }

  private async choose(knowledge: Knowledge): Promise<Action> {
    const { random } = this
    if (knowledge.lull === null && knowledge.lock !== '' && random.chance(LULL_CHANCE)) {
      knowledge.lull = this.newLull(knowledge.lock)
    }
    if (knowledge.lull) {
      const action = await this.aroundExpiry(knowledge, knowledge.lull)
      if (action) return action
      knowledge.lull = null
    } else if (random.chance(0.3)) {
      await sleep(random.between(0, 4))
    }
    return random.chance(this.options.coauthFraction) ? this.coauth() : this.anything(knowledge)
  }

  /** Mostly the latest that is known, or one of a little before, as who did not hear of a save has it. */
  private basedOnSomething(action: Action, { contents }: Knowledge): Action {
    const { random } = this
    const { request } = action
    const back = random.chance(0.6) ? 1 : random.between(1, 6)
    const base = contents[Math.max(0, contents.length - Math.ceil(back))]
    if (!this.options.timestamps || request.kind !== 'PUT' || !base) return action
    return { ...action, request: { ...request, base: base.sha256 }, baseTime: base.modifiedAt }
  }

  private coauth(): Action {
    const { random } = this
    const kind = random.weighted({
      GET_COAUTH_LOCK: 30,
      UNLOCK_COAUTH_LOCK: 40,
      REFRESH_COAUTH_LOCK: 15,
      GET_COAUTH_TABLE: 15,
    })
    const id = random.oneOf(COAUTH_IDS)
    if (kind === 'GET_COAUTH_TABLE') return this.mayBeLost({ kind })
    if (kind !== 'GET_COAUTH_LOCK') return this.mayBeLost({ kind, id })
    return this.mayBeLost({ kind, id, type: random.oneOf(['Coauth', 'CoauthExclusive']) })
  }

  private newLull(lock: string): Lull {
    const watchMs = 3 * this.spreadMs
    const lateOnesFit = this.options.timestamps && this.random.chance(0.5)
    switch (this.random.weighted({ act: 2, watch: 1, hold: 2 })) {
      case 'act':
        return { lock, watchMs: 0, held: null, lateOnesFit }
      case 'watch':
        return { lock, watchMs, held: null, lateOnesFit }
      default:
        return { lock, watchMs, held: this.options.client, lateOnesFit }
    }
  }

  /**
   * Waits for the lock to run out; who wakes early looks and knocks without keeping it alive. Some begin an upload now
   * that ends when the lock is dead. Taking the file at once would hide whether such a save is admitted, so mostly
   * all only watch for a while. Undefined when the lull is over.
   */
  private async aroundExpiry(knowledge: Knowledge, lull: Lull): Promise<Action | undefined> {
    const { random, spreadMs } = this
    const { watchMs, held } = lull
    const untilEnd = (): number => knowledge.startedAt + this.options.lifeMs - performance.now()
    // Calls that were under way when the lull began may restart the timer once more.
    for (let left = untilEnd(); left > spreadMs; left = untilEnd()) {
      if (knowledge.lock === '') return undefined
      lull.lock = knowledge.lock
      if (held === this.options.client) {
        if (left < 11 * spreadMs) return { ...this.save(lull.lock), rowHeldMs: left + watchMs / 2 }
        await sleep(left - 10 * spreadMs)
        continue
      }
      if (held === null && random.chance(0.15)) {
        return this.save(lull.lock, left + random.between(-spreadMs, spreadMs + watchMs))
      }
      await sleep(left + random.between(-spreadMs, spreadMs))
    }
    await sleep(random.between(0, Math.max(watchMs, spreadMs) / 2))
    if (knowledge.lock !== lull.lock && knowledge.lock !== '') return undefined
    // What a late refresh keeps alive, or wakes from the dead, shows only where one comes at the end of a lock.
    if (this.options.timestamps && untilEnd() > -watchMs && random.chance(0.3)) {
      const id = lull.lateOnesFit ? lull.lock : this.otherThan(lull.lock)
      return this.mayBeLost({ kind: 'LATE_REFRESH', id })
    }
    if (untilEnd() > 0) return held === null ? this.knock(lull.lock) : look('GET_LOCK')
    return untilEnd() > -watchMs ? this.watch(lull.lock) : undefined
  }

  private knock(lock: string): Action {
    const kind = this.random.weighted({
      LOCK: 37,
      GET_LOCK: 15,
      CHECK: 10,
      PUT: 30,
      UNLOCK: 5,
      REFRESH_LOCK: 3,
    })
    const other = this.otherThan(lock)
    return this.action(kind, { known: kind === 'UNLOCK' ? other : lock, other })
  }

  private watch(lock: string): Action {
    const kind = this.random.weighted({
      GET_LOCK: 45,
      CHECK: 30,
      REFRESH_LOCK: 10,
      UNLOCK: 10,
      UNLOCK_AND_RELOCK: 5,
    })
    return this.action(kind, { known: lock, other: this.otherThan(lock) })
  }

  private otherThan(lock: string): string {
    return this.random.oneOf(LOCK_IDS.filter((id) => id !== lock))
  }

  private anything(knowledge: Knowledge): Action {
    const { random } = this
    if (this.options.timestamps && random.chance(0.12)) {
      const kind = random.oneOf(['LATE_REFRESH', 'LATE_REFRESH', 'LATE_UNLOCK'] as const)
      return this.mayBeLost({ kind, id: (random.chance(0.7) && knowledge.lock) || random.oneOf(LOCK_IDS) })
    }
    const known = knowledge.lock !== '' && random.chance(0.6) ? knowledge.lock : random.oneOf(LOCK_IDS)
    const other = this.otherThan(known)
    const kind = random.weighted({
      LOCK: 24,
      UNLOCK_AND_RELOCK: 12,
      REFRESH_LOCK: 12,
      UNLOCK: 8,
      GET_LOCK: 13,
      PUT: 18,
      CHECK: 13,
    })
    return this.action(kind, { known, other: kind === 'LOCK' ? random.oneOf(LOCK_IDS) : other })
  }

  /** `known`: the id that the file may be locked with; `other`: one to lock it with. */
  private action(kind: WopiKind, { known, other }: { known: string; other: string }): Action {
    const { random } = this
    switch (kind) {
      case 'LOCK':
        return this.mayBeLost({ kind, id: other })
      case 'UNLOCK_AND_RELOCK':
        return this.mayBeLost({ kind, oldId: known, id: other })
      case 'REFRESH_LOCK':
      case 'UNLOCK':
        return this.mayBeLost({ kind, id: known })
      case 'GET_LOCK':
      case 'CHECK':
        return this.mayBeLost({ kind })
      case 'PUT':
        return this.save(random.chance(0.04) ? '' : known, random.chance(0.05) ? random.between(5, 40) : 0)
    }
  }

  private save(lock: string, stallMs = 0): Action {
    const { client, nameOfFile } = this.options
    const text = `${nameOfFile} ${client} ${this.bodies++} `
    const body = Buffer.from(text.padEnd(this.random.between(1, LARGEST_BODY), '.'))
    return this.mayBeLost({ kind: 'PUT', lock, sha256: sha256Of(body) }, body, stallMs)
  }

  private mayBeLost(request: Request, body: Buffer | null = null, stallMs = 0): Action {
    const { random } = this
    const hangUpAfterMs = random.chance(this.options.lostFraction) ? random.between(0, 8) + stallMs : null
    return { request, body, stallMs, rowHeldMs: 0, hangUpAfterMs }
  }

  private get spreadMs(): number {
    return Math.min(10, this.options.lifeMs / 10)
  }

  get client(): number {
    return this.options.client
  }

  /** Remembers what the answer says; true if it shows that a lock has run out. */
  learn(operation: Operation, knowledge: Knowledge): boolean {
    const { request } = operation
    if (isLost(operation)) {
      if (!isRead(request)) knowledge.lost++
      return false
    }
    hear(operation, knowledge)
    if (
      isCoauth(request) ||
      isLate(request) ||
      request.kind === 'CHECK' ||
      (request.kind === 'PUT' && operation.answer.status === 200)
    )
      return false
    const before = { ...knowledge }
    if (operation.answer.status === 409 || request.kind === 'GET_LOCK') {
      knowledge.lock = operation.answer.lock ?? ''
    } else if (request.kind !== 'PUT') {
      knowledge.lock = request.kind === 'UNLOCK' ? '' : request.id
      knowledge.startedAt = operation.return
    }
    const overdue = operation.return > before.startedAt + this.options.lifeMs
    return before.lock !== '' && overdue && knowledge.lock !== before.lock
  }
}
