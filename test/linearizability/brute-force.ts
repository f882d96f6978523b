import {
  isCoauth,
  isLate,
  isLost,
  isRead,
  tableText,
  type Answer,
  type CoauthType,
  type History,
  type Operation,
  type Request,
} from './history.js'

/**
 * The definition of linearizability taken literally, for histories of a handful of operations with whole
 * milliseconds: every order, every choice of "alive" or "dead", every start of every timer. It shares nothing with the
 * checker and has none of its shortcuts; the two must agree.
 */
export function existsOrder(history: History, lifeMs: number): boolean {
  return place(
    {
      lock: '',
      timer: null,
      head: null,
      own: [],
      saves: savesOf(history.operations),
      coauth: new Map(),
      placed: [],
      sightings: [],
      claims: [],
    },
    history.operations,
    lifeMs,
  )
}

interface World {
  readonly lock: string
  /** The operation that started the timer. */
  readonly timer: Operation | null
  readonly head: Operation | null
  /** The heads that a save may be based on while the lock is held. */
  readonly own: readonly (Operation | null)[]
  /** What was ever saved; any other content is the one that the file began with. */
  readonly saves: ReadonlySet<string>
  readonly coauth: ReadonlyMap<string, CoauthType>
  readonly placed: readonly Operation[]
  readonly sightings: readonly {
    readonly timer: Operation
    readonly by: Operation
    readonly alive: boolean
  }[]
  readonly claims: readonly {
    readonly head: Operation | null
    readonly version: string | null
    readonly sha256: string | null
  }[]
}

function place(world: World, operations: readonly Operation[], lifeMs: number): boolean {
  const left = operations.filter((operation) => !world.placed.includes(operation))
  if (left.every(isLost)) return clocksExist(world, lifeMs) && claimsAgree(world, operations)
  return left
    .filter((operation) => left.every((other) => operation.call <= (other.return ?? Infinity)))
    .some((operation) => worldsAfter(world, operation).some((after) => place(after, operations, lifeMs)))
}

function worldsAfter(world: World, operation: Operation): World[] {
  const { request } = operation
  const indifferent = request.kind === 'CHECK' || (isCoauth(request) && request.kind !== 'GET_COAUTH_LOCK')
  if (world.timer === null || world.lock === '' || indifferent) return respond(world, operation)
  const sighting = { timer: world.timer, by: operation }
  return [true, false].flatMap((alive) =>
    respond(
      { ...world, lock: alive ? world.lock : '', sightings: [...world.sightings, { ...sighting, alive }] },
      operation,
    ),
  )
}

function respond(world: World, operation: Operation): World[] {
  const { request, answer } = operation
  const granted = grants(world, request)
  const late = isLate(request)
  const after = granted ? effect(world, operation) : world
  const placed = { ...after, placed: [...world.placed, operation] }
  if (answer === 'lost') return [placed]
  if (late) {
    const status = granted && request.kind === 'LATE_UNLOCK' ? 200 : 401
    const isRight = answer.status === status && answer.lock === null
    const claim = { head: after.head, version: answer.version, sha256: answer.sha256 }
    return isRight ? [{ ...placed, claims: [...world.claims, claim] }] : []
  }
  if (answer.status !== (granted ? 200 : 409) || !lockFits(answer, request, world)) return []
  if (!tableFits(answer, request, after)) return []
  if (request.kind === 'PUT' && granted && answer.version === null) return []
  return [
    {
      ...placed,
      claims: [...world.claims, { head: after.head, version: answer.version, sha256: answer.sha256 }],
    },
  ]
}

function grants({ lock, coauth, head, own, saves }: World, request: Request): boolean {
  switch (request.kind) {
    case 'CHECK':
    case 'GET_COAUTH_TABLE':
      return true
    case 'REFRESH_COAUTH_LOCK':
    case 'UNLOCK_COAUTH_LOCK':
      return coauth.has(request.id)
    case 'GET_COAUTH_LOCK': {
      const rivals = [...coauth].filter(([id, type]) => id !== request.id && type === 'CoauthExclusive')
      return lock === '' && (request.type === 'Coauth' || rivals.length === 0)
    }
    case 'GET_LOCK':
      return coauth.size === 0
    case 'LOCK':
      return coauth.size === 0 && (lock === '' || lock === request.id)
    case 'PUT': {
      if (coauth.size > 0 || request.lock === '') return false
      const { base } = request
      if (base === undefined) return lock === request.lock
      if (lock === '') return isContent(base, head, saves)
      return lock === request.lock && own.some((one) => isContent(base, one, saves))
    }
    default: {
      const presented = request.kind === 'UNLOCK_AND_RELOCK' ? request.oldId : request.id
      return coauth.size === 0 && presented !== '' && presented === lock
    }
  }
}

function effect(world: World, operation: Operation): World {
  const { request } = operation
  if (isRead(request) || request.kind === 'REFRESH_COAUTH_LOCK') return world
  switch (request.kind) {
    case 'PUT': {
      const saved = { ...world, head: operation }
      if (world.lock !== '') return { ...saved, own: [...world.own, operation] }
      return { ...saved, lock: request.lock, timer: operation, own: [world.head, operation] }
    }
    case 'UNLOCK':
    case 'LATE_UNLOCK':
      return { ...world, lock: '', timer: null }
    case 'GET_COAUTH_LOCK':
      return { ...world, coauth: new Map(world.coauth).set(request.id, request.type) }
    case 'UNLOCK_COAUTH_LOCK':
      return { ...world, coauth: new Map([...world.coauth].filter(([id]) => id !== request.id)) }
    case 'LOCK':
    case 'UNLOCK_AND_RELOCK':
    case 'REFRESH_LOCK':
    case 'LATE_REFRESH': {
      const goesOn = world.lock === request.id && request.kind !== 'UNLOCK_AND_RELOCK'
      return { ...world, lock: request.id, timer: operation, own: goesOn ? world.own : [world.head] }
    }
    default:
      return world
  }
}

function isContent(sha256: string, head: Operation | null, saves: ReadonlySet<string>): boolean {
  if (head === null) return !saves.has(sha256)
  return head.request.kind === 'PUT' && head.request.sha256 === sha256
}

function savesOf(operations: readonly Operation[]): Set<string> {
  return new Set(operations.flatMap(({ request }) => (request.kind === 'PUT' ? [request.sha256] : [])))
}

function lockFits(answer: Answer, request: Request, { lock, coauth }: World): boolean {
  if (isCoauth(request) || request.kind === 'CHECK') return true
  if (answer.status === 409) return answer.lock === (coauth.size > 0 ? null : lock)
  return request.kind === 'GET_LOCK' ? answer.lock === lock : answer.lock === null || coauth.size === 0
}

function tableFits(answer: Answer, request: Request, { coauth }: World): boolean {
  const shown = isCoauth(request) && request.kind !== 'UNLOCK_COAUTH_LOCK' && answer.status === 200
  return !shown || answer.table === tableText(coauth)
}

/** Is there an instant for every timer's start that fits all who saw it alive or dead? */
function clocksExist({ sightings, placed }: World, lifeMs: number): boolean {
  return sightings.every(({ timer }) => {
    const seen = sightings.filter((sighting) => sighting.timer === timer)
    const starts = Array.from({ length: end(timer, placed) - timer.call + 1 }, (_, n) => timer.call + n)
    return starts.some((start) =>
      seen.every(({ by, alive }) =>
        alive ? by.call <= start + lifeMs && start <= end(by, placed) : end(by, placed) >= start + lifeMs,
      ),
    )
  })
}

/** An operation took effect before anything that comes later in the order had returned. */
function end(operation: Operation, placed: readonly Operation[]): number {
  const fromHere = placed.slice(placed.indexOf(operation))
  return Math.min(...fromHere.map((one) => one.return ?? Infinity))
}

/** One version and one content per save, and no version for two saves. */
function claimsAgree({ claims }: World, operations: readonly Operation[]): boolean {
  const saves = savesOf(operations)
  return claims.every(
    (one) =>
      (one.sha256 === null ||
        (one.head === null
          ? !saves.has(one.sha256)
          : one.head.request.kind === 'PUT' && one.head.request.sha256 === one.sha256)) &&
      claims.every(
        (other) =>
          one.version === null ||
          other.version === null ||
          (one.version === other.version) === (one.head === other.head),
      ),
  )
}
