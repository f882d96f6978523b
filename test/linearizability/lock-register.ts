import { tableAfter } from './coauth-register.js'
import {
  isCoauth,
  isLate,
  type Answer,
  type CoauthRequest,
  type LateRequest,
  type Request,
} from './history.js'
import {
  beginsHolding,
  isOwnBase,
  madeOwn,
  type RegisterState,
  type Rules,
  type Step,
} from './register-state.js'

// The sequential rule: what one operation does to the register, and whether its answer fits. Written from WOPI.md §6.2,
// §7.2, §12 and ADR 21 only, and sharing no code with the server, so that an error cannot cancel out.

/**
 * The states that `step` may leave if `answer` is right in `state`, the very same object if nothing changed; none if it is
 * wrong. There are two where the answer does not tell whether the lock was still alive, and it makes a difference.
 * `before` is the first return among this operation and all that are to follow it.
 */
export function answered(
  state: RegisterState,
  step: Step,
  before: number,
  answer: Answer,
  rules: Rules,
): RegisterState[] {
  const { request } = step
  if (request.kind === 'PUT' && answer.status === 200) {
    // The header names the version after the save (WOPI.md §6.2), so it says nothing about the one before.
    return answer.version === null ? [] : changed(state, step, before, answer.version, rules)
  }
  const seen = seesHead(state, answer, rules)
  if (!seen || (answer.status === 401 && !isLate(request))) return []
  if (isLate(request)) return answeredLate(seen, request, step, before, answer, rules)
  if (isCoauth(request)) return some(answeredCoauth(seen, request, step, before, answer, rules))
  if (request.kind === 'CHECK') return answer.status === 200 ? [seen] : []
  // Coauth locks are another interface, whose ids are not told: 409 without the header (WOPI.md §12.1).
  if (answer.status === 409 && answer.lock === null) return seen.table === '' ? [] : [seen]
  if (answer.lock !== null && seen.table !== '') return []
  if (request.kind === 'GET_LOCK') {
    return answer.status === 200 && answer.lock !== null
      ? some(seesLock(seen, answer.lock, step, before, rules))
      : []
  }
  if (answer.status === 200) return changed(seen, step, before, null, rules)
  // A conflict without the true current id leaves the editor unable to join (WOPI.md §7.2).
  if (answer.lock === null || !refuses(seen, request, answer.lock, rules)) return []
  return some(seesLock(seen, answer.lock, step, before, rules))
}

function some(state: RegisterState | undefined): RegisterState[] {
  return state ? [state] : []
}

type Change = Exclude<Request, CoauthRequest | LateRequest | { kind: 'GET_LOCK' | 'CHECK' }>

/** May the host refuse `request` while `current` holds the file? */
function refuses(state: RegisterState, request: Change, current: string, rules: Rules): boolean {
  switch (request.kind) {
    case 'LOCK':
      return current !== '' && current !== request.id
    case 'UNLOCK_AND_RELOCK':
      return current !== request.oldId
    case 'REFRESH_LOCK':
    case 'UNLOCK':
      return current !== request.id
    case 'PUT': // without a lock only an empty file may be saved, and the driver's files are never empty
      if (request.base === undefined || request.lock === '') return current === '' || current !== request.lock
      if (current === '') return !rules.isContentOf(request.base, state.head)
      return current !== request.lock || !isOwnBase(state, request.base, rules)
  }
}

/** Told no more than that the token has ended; but what was done, was. */
function answeredLate(
  state: RegisterState,
  { kind, id }: LateRequest,
  step: Step,
  before: number,
  { status, lock }: Answer,
  rules: Rules,
): RegisterState[] {
  if (lock !== null) return []
  if (status === 200) return kind === 'LATE_UNLOCK' ? changed(state, step, before, null, rules) : []
  if (status !== 401) return []
  const other = state.lock !== id || state.table !== ''
  const idle = other ? state : seesLock(state, '', step, before, rules)
  return kind === 'LATE_REFRESH' ? [...some(idle), ...changed(state, step, before, null, rules)] : some(idle)
}

/** What a success of `step` may leave, nothing where the host had to refuse. Also the effect of a lost answer. */
export function changed(
  state: RegisterState,
  step: Step,
  before: number,
  version: string | null,
  rules: Rules,
): RegisterState[] {
  const { request } = step
  if (isCoauth(request)) return some(changedCoauth(state, request, step, before, rules))
  if (state.table !== '' && request.kind !== 'GET_LOCK' && request.kind !== 'CHECK') return []
  const held = (id: string): RegisterState | undefined => holds(state, id, step, before, rules)
  const free = (): RegisterState | undefined => seesLock(state, '', step, before, rules)
  const taken = (from: RegisterState | undefined, id: string): RegisterState[] =>
    some(from && beginsHolding(locked(from, id, step, before), rules))
  switch (request.kind) {
    case 'LOCK': {
      if (state.lock !== request.id) return taken(free(), request.id)
      // The same id restarts the timer of a live lock and takes a dead one anew: the same, but for what is its own.
      const extended = locked(state, request.id, step, before)
      if (!rules.tracksBases) return [extended]
      const alive = held(request.id)
      return [...(alive ? [locked(alive, request.id, step, before)] : []), ...taken(free(), request.id)]
    }
    case 'UNLOCK_AND_RELOCK':
      return taken(held(request.oldId), request.id)
    case 'REFRESH_LOCK':
    case 'LATE_REFRESH': {
      const alive = held(request.id)
      return some(alive && locked(alive, request.id, step, before))
    }
    case 'UNLOCK':
    case 'LATE_UNLOCK': {
      const alive = held(request.id)
      return some(alive && unlocked(alive))
    }
    case 'PUT': {
      const { lock, base } = request
      const saved = (one: RegisterState): RegisterState =>
        madeOwn({ ...one, head: step.index, version }, step.index, rules)
      const alive = held(lock)
      const under = alive && (base === undefined || isOwnBase(alive, base, rules)) ? [saved(alive)] : []
      if (base === undefined || lock === '' || !rules.isContentOf(base, state.head)) return under
      // On top of the head of an unlocked file it takes the lock, as if a Lock came first.
      return [...under, ...taken(free(), lock).map(saved)]
    }
    case 'GET_LOCK':
    case 'CHECK':
      return [state]
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
  return { ...state, lock: '', from: 0, until: 0, bases: '' }
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
