import { tableAfter } from './coauth-register.js'
import { isCoauth, type Answer, type CoauthRequest, type Request } from './history.js'

/**
 * The sequential rule: what one operation does to the register, and whether its answer fits. Written from WOPI.md
 * §6.2, §7.2 and §12 only, and sharing no code with the server, so that an error cannot cancel out.
 *
 * Time. The life of a lock (TTL + grace) runs by the server's clock, which we cannot read. The instant at which the
 * server read it for an operation lies after the operation's call and no later than its effect, hence before
 * everything that took effect later has returned: `[call, before]`. Nothing else is assumed, not even that clock
 * readings follow the order of effects. The state keeps the interval `[from, until]` in which the timer was started.
 */
export interface RegisterState {
  /** '' = unlocked. A lock whose life is over stays here until an answer shows that it is gone. */
  readonly lock: string
  readonly from: number
  readonly until: number
  /** Index of the save that made the head; INITIAL for the content the file was created with. */
  readonly head: number
  /** `null`: made by a save whose answer was lost, and not seen by anybody yet. */
  readonly version: string | null
  /** The coauth table; while there is anything in it, `lock` is ''. */
  readonly table: string
}

export const INITIAL = -1

export const initialState: RegisterState = {
  lock: '',
  from: 0,
  until: 0,
  head: INITIAL,
  version: null,
  table: '',
}

export interface ContentRules {
  /** May `version` be the name of what a save with a lost answer (or the file's creation) made? */
  isUnclaimed(version: string): boolean
  /** Is `sha256` the content that operation `head` saved? */
  isContentOf(sha256: string, head: number): boolean
}

export interface Rules extends ContentRules {
  /** TTL + grace in milliseconds: in grace a lock still counts for everybody. */
  readonly lifeMs: number
  /** How far the driver's clock and the server's may drift apart within one life. */
  readonly slackMs: number
}

export interface Step {
  readonly index: number
  readonly request: Request
  readonly call: number
}

/**
 * The state after `step` if `answer` is right in `state`, the very same object if nothing changed, else undefined.
 * `before` is the first return among this operation and all that are to follow it.
 */
export function answered(
  state: RegisterState,
  step: Step,
  before: number,
  answer: Answer,
  rules: Rules,
): RegisterState | undefined {
  const { request } = step
  if (request.kind === 'PUT' && answer.status === 200) {
    // The header names the version after the save (WOPI.md §6.2), so it says nothing about the one before.
    return answer.version === null ? undefined : changed(state, step, before, answer.version, rules)
  }
  const seen = seesHead(state, answer, rules)
  if (!seen) return undefined
  if (isCoauth(request)) return answeredCoauth(seen, request, step, before, answer, rules)
  if (request.kind === 'CHECK') return answer.status === 200 ? seen : undefined
  // Coauth locks are another interface, whose ids are not told: 409 without the header (WOPI.md §12.1).
  if (answer.status === 409 && answer.lock === null) return seen.table === '' ? undefined : seen
  if (answer.lock !== null && seen.table !== '') return undefined
  if (request.kind === 'GET_LOCK') {
    return answer.status === 200 && answer.lock !== null
      ? seesLock(seen, answer.lock, step, before, rules)
      : undefined
  }
  if (answer.status === 200) return changed(seen, step, before, null, rules)
  // A conflict without the true current id leaves the editor unable to join (WOPI.md §7.2).
  if (answer.lock === null || !refuses(request, answer.lock)) return undefined
  return seesLock(seen, answer.lock, step, before, rules)
}

type Change = Exclude<Request, CoauthRequest | { kind: 'GET_LOCK' | 'CHECK' }>

/** May the host refuse `request` while `current` holds the file? */
function refuses(request: Change, current: string): boolean {
  switch (request.kind) {
    case 'LOCK':
      return current !== '' && current !== request.id
    case 'UNLOCK_AND_RELOCK':
      return current !== request.oldId
    case 'REFRESH_LOCK':
    case 'UNLOCK':
      return current !== request.id
    case 'PUT': // without a lock only an empty file may be saved, and the driver's files are never empty
      return current === '' || current !== request.lock
  }
}

/** The state after a success of `step`, undefined where the host had to refuse. Also the effect of a lost answer. */
export function changed(
  state: RegisterState,
  step: Step,
  before: number,
  version: string | null,
  rules: Rules,
): RegisterState | undefined {
  const { request } = step
  if (isCoauth(request)) return changedCoauth(state, request, step, before, rules)
  if (state.table !== '' && request.kind !== 'GET_LOCK' && request.kind !== 'CHECK') return undefined
  switch (request.kind) {
    case 'LOCK': {
      // The same id restarts the timer of a live lock and takes a dead one anew: the same outcome either way.
      const held = state.lock === request.id ? state : seesLock(state, '', step, before, rules)
      return held && locked(held, request.id, step, before)
    }
    case 'UNLOCK_AND_RELOCK': {
      const held = holds(state, request.oldId, step, before, rules)
      return held && locked(held, request.id, step, before)
    }
    case 'REFRESH_LOCK': {
      const held = holds(state, request.id, step, before, rules)
      return held && locked(held, request.id, step, before)
    }
    case 'UNLOCK': {
      const held = holds(state, request.id, step, before, rules)
      return held && unlocked(held)
    }
    case 'PUT': {
      const held = holds(state, request.lock, step, before, rules)
      return held && { ...held, head: step.index, version }
    }
    case 'GET_LOCK':
    case 'CHECK':
      return state
  }
}

function answeredCoauth(
  state: RegisterState,
  request: CoauthRequest,
  step: Step,
  before: number,
  answer: Answer,
  rules: Rules,
): RegisterState | undefined {
  if (answer.status === 409) {
    if (tableAfter(state.table, request) === undefined) return state
    // Or a WOPI lock is in the way, and alive.
    if (request.kind !== 'GET_COAUTH_LOCK' || state.lock === '') return undefined
    return seesLock(state, state.lock, step, before, rules)
  }
  const after = changedCoauth(state, request, step, before, rules)
  return request.kind === 'UNLOCK_COAUTH_LOCK' || after?.table === answer.table ? after : undefined
}

function changedCoauth(
  state: RegisterState,
  request: CoauthRequest,
  step: Step,
  before: number,
  rules: Rules,
): RegisterState | undefined {
  const table = tableAfter(state.table, request)
  if (table === undefined) return undefined
  if (request.kind !== 'GET_COAUTH_LOCK') return table === state.table ? state : { ...state, table }
  // A change even where the table stays as it is: an unlock between here and its place would undo it.
  const free = seesLock(state, '', step, before, rules)
  return free && { ...free, table }
}

function holds(
  state: RegisterState,
  id: string,
  step: Step,
  before: number,
  rules: Rules,
): RegisterState | undefined {
  return id === '' ? undefined : seesLock(state, id, step, before, rules)
}

function locked(state: RegisterState, id: string, { call }: Step, before: number): RegisterState {
  return { ...state, lock: id, from: call, until: before }
}

function unlocked(state: RegisterState): RegisterState {
  return { ...state, lock: '', from: 0, until: 0 }
}

function seesLock(
  state: RegisterState,
  id: string,
  { call }: Step,
  before: number,
  rules: Rules,
): RegisterState | undefined {
  if (id === '') {
    if (state.lock === '') return state
    // Dead at an instant that came `before`: the timer started at least one life earlier.
    return state.from <= before - rules.lifeMs + rules.slackMs ? unlocked(state) : undefined
  }
  if (state.lock !== id) return undefined
  // Alive at an instant after the call: the timer started less than one life earlier.
  const from = call - rules.lifeMs - rules.slackMs
  if (from > state.until) return undefined
  return from > state.from ? { ...state, from } : state
}

function seesHead(state: RegisterState, answer: Answer, rules: Rules): RegisterState | undefined {
  if (answer.sha256 !== null && !rules.isContentOf(answer.sha256, state.head)) return undefined
  if (answer.version === null || answer.version === state.version) return state
  if (state.version !== null || !rules.isUnclaimed(answer.version)) return undefined
  return { ...state, version: answer.version }
}
