import {
  isCoauth,
  isLate,
  tableText,
  type Answer,
  type CoauthRequest,
  type CoauthType,
  type History,
  type LateRequest,
  type Operation,
  type Request,
} from './history.js'
import type { Random } from './random.js'

export interface SimulationOptions {
  readonly clients: number
  readonly operations: number
  readonly lifeMs: number
  readonly lostFraction: number
  /** Saves name what they are based on, and some call late. */
  readonly timestamps?: boolean
}

interface Pending {
  readonly client: number
  readonly request: Request
  readonly call: number
  /** When it takes effect. The register's clock is read at any instant between the call and this one. */
  readonly effect: number
  readonly clock: number
  readonly return: number
  readonly fate: 'answered' | 'lost but done' | 'lost'
}

/** A history that a correct register produced, in simulated time: whatever the checker says against it is its error. */
export function simulatedHistory(random: Random, options: SimulationOptions): History {
  const pending = Array.from({ length: options.clients }, (_, client) =>
    schedule(client, random, options),
  ).flat()
  const register = new SimulatedRegister(options.lifeMs)
  const operations = pending
    .sort((a, b) => a.effect - b.effect)
    .map((one): Operation => {
      const { client, request, call } = one
      const asked = register.based(request, random)
      const answer = one.fate === 'lost' ? null : register.answer(asked, one.clock)
      if (one.fate === 'answered' && answer)
        return { client, request: asked, call, return: one.return, answer }
      return { client, request: asked, call, return: null, answer: 'lost' }
    })
  return { file: 'simulated', operations }
}

function schedule(client: number, random: Random, options: SimulationOptions): Pending[] {
  const schedule: Pending[] = []
  let now = 0
  for (let n = 0; n < options.operations / options.clients; n++) {
    const pause = random.chance(0.1) ? random.between(0.8, 1.2) * options.lifeMs : random.between(0.1, 3)
    const call = now + pause
    const effect = call + random.between(0.1, 5)
    const end = effect + random.between(0.1, 5)
    const fate = random.chance(options.lostFraction)
      ? random.oneOf(['lost', 'lost but done'] as const)
      : 'answered'
    schedule.push({
      client,
      request: options.timestamps
        ? timedRequest(random, `${client}.${n}`)
        : anyRequest(random, `${client}.${n}`),
      call,
      effect:
        fate === 'lost but done' && random.chance(0.3) ? effect + options.lifeMs * random.fraction() : effect,
      clock: random.between(call, effect),
      return: end,
      fate,
    })
    now = end
  }
  return schedule
}

/** What a save is based on is any content that some client may have saved; most are stale, or never were. */
function timedRequest(random: Random, body: string): Request {
  const late = random.chance(0.2) && random.oneOf(['LATE_REFRESH', 'LATE_UNLOCK'] as const)
  if (late) return { kind: late, id: random.oneOf(['a', 'b', 'c']) }
  const request = anyRequest(random, body)
  if (isCoauth(request)) return { kind: 'CHECK' }
  return request.kind === 'PUT' ? { ...request, base: LATEST } : request
}

/** Stands for one of the latest contents, until the register has the call. */
const LATEST = 'latest'

function anyRequest(random: Random, body: string): Request {
  const id = random.oneOf(['a', 'b', 'c'])
  const kind = random.weighted({
    LOCK: 5,
    UNLOCK_AND_RELOCK: 3,
    REFRESH_LOCK: 3,
    UNLOCK: 2,
    GET_LOCK: 3,
    PUT: 4,
    CHECK: 3,
    GET_COAUTH_LOCK: 3,
    REFRESH_COAUTH_LOCK: 2,
    UNLOCK_COAUTH_LOCK: 5,
    GET_COAUTH_TABLE: 2,
  })
  switch (kind) {
    case 'GET_COAUTH_LOCK':
      return { kind, id: random.oneOf(['A', 'B']), type: random.oneOf(['Coauth', 'CoauthExclusive']) }
    case 'REFRESH_COAUTH_LOCK':
    case 'UNLOCK_COAUTH_LOCK':
      return { kind, id: random.oneOf(['A', 'B']) }
    case 'GET_COAUTH_TABLE':
      return { kind }
    case 'UNLOCK_AND_RELOCK':
      return { kind, oldId: id, id: random.oneOf(['a', 'b', 'c'].filter((other) => other !== id)) }
    case 'PUT':
      return { kind, lock: random.chance(0.05) ? '' : id, sha256: `sha-${body}` }
    case 'GET_LOCK':
    case 'CHECK':
      return { kind }
    default:
      return { kind, id }
  }
}

class SimulatedRegister {
  private lock = ''
  private startedAt = 0
  private version = 1
  private sha256 = 'sha-initial'
  private readonly coauth = new Map<string, CoauthType>()
  /** Every content there was, the latest last; of these, what a save under the present holding may be based on. */
  private readonly contents = [this.sha256]
  private own = 0

  constructor(private readonly lifeMs: number) {}

  /** A client never saw what is still to come: of what there was it has the latest, or an earlier one. */
  based(request: Request, random: Random): Request {
    if (request.kind !== 'PUT' || request.base !== LATEST) return request
    const back = random.chance(0.7) ? 0 : Math.floor(random.between(0, 4))
    return { ...request, base: this.contents[Math.max(0, this.contents.length - 1 - back)] ?? '' }
  }

  answer(request: Request, clock: number): Answer {
    if (this.lock !== '' && clock >= this.startedAt + this.lifeMs) this.lock = ''
    if (isLate(request)) {
      const fits = this.lock !== '' && this.lock === request.id
      if (fits) this.apply(request, clock)
      const status = fits && request.kind === 'LATE_UNLOCK' ? 200 : 401
      return { status, lock: null, version: null, sha256: null }
    }
    if (isCoauth(request)) return this.answerCoauth(request)
    const granted = this.grants(request)
    if (granted) this.apply(request, clock)
    const version = String(this.version)
    if (request.kind === 'CHECK') return { status: 200, lock: null, version, sha256: this.sha256 }
    if (!granted && this.coauth.size > 0) return { status: 409, lock: null, version, sha256: null }
    if (request.kind === 'GET_LOCK') return { status: 200, lock: this.lock, version, sha256: null }
    return { status: granted ? 200 : 409, lock: granted ? null : this.lock, version, sha256: null }
  }

  private answerCoauth(request: CoauthRequest): Answer {
    const granted = this.grantsCoauth(request)
    if (granted && request.kind === 'GET_COAUTH_LOCK') this.coauth.set(request.id, request.type)
    if (granted && request.kind === 'UNLOCK_COAUTH_LOCK') this.coauth.delete(request.id)
    const table = granted && request.kind !== 'UNLOCK_COAUTH_LOCK' ? tableText(this.coauth) : null
    return { status: granted ? 200 : 409, lock: null, version: null, sha256: null, table }
  }

  private grantsCoauth(request: CoauthRequest): boolean {
    if (request.kind === 'GET_COAUTH_TABLE') return true
    if (request.kind !== 'GET_COAUTH_LOCK') return this.coauth.has(request.id)
    const rivals = [...this.coauth].filter(([id, type]) => id !== request.id && type === 'CoauthExclusive')
    return this.lock === '' && (request.type === 'Coauth' || rivals.length === 0)
  }

  private grants(request: Exclude<Request, CoauthRequest | LateRequest>): boolean {
    if (this.coauth.size > 0) return request.kind === 'CHECK'
    switch (request.kind) {
      case 'LOCK':
        return this.lock === '' || this.lock === request.id
      case 'UNLOCK_AND_RELOCK':
        return this.lock === request.oldId
      case 'REFRESH_LOCK':
      case 'UNLOCK':
        return this.lock === request.id
      case 'PUT':
        if (request.base !== undefined && request.lock !== '') {
          const from = this.lock === '' ? this.contents.length - 1 : this.own
          if (this.lock === request.lock || this.lock === '')
            return this.contents.slice(from).includes(request.base)
        }
        return this.lock !== '' && this.lock === request.lock
      case 'GET_LOCK':
      case 'CHECK':
        return true
    }
  }

  private apply(request: Exclude<Request, CoauthRequest>, clock: number): void {
    switch (request.kind) {
      case 'LOCK':
      case 'UNLOCK_AND_RELOCK':
      case 'REFRESH_LOCK':
      case 'LATE_REFRESH':
        if (this.lock !== request.id || request.kind === 'UNLOCK_AND_RELOCK')
          this.own = this.contents.length - 1
        this.lock = request.id
        this.startedAt = clock
        return
      case 'UNLOCK':
      case 'LATE_UNLOCK':
        this.lock = ''
        return
      case 'PUT':
        if (this.lock === '') {
          this.own = this.contents.length - 1
          this.lock = request.lock
          this.startedAt = clock
        }
        this.version++
        this.sha256 = request.sha256
        this.contents.push(request.sha256)
        return
      case 'GET_LOCK':
      case 'CHECK':
        return
    }
  }
}
