import { isAcknowledgedSave, isLost, type Answer, type History, type Operation } from './history.js'
import {
  answered,
  changed,
  INITIAL,
  initialState,
  type RegisterState,
  type Rules,
  type Step,
} from './lock-register.js'
import { TakenSet, Visited } from './search-memory.js'

export interface CheckOptions {
  /** TTL + grace of the host under test. */
  readonly lifeMs: number
  /** Allowance for two clocks that do not tick alike: 500 ppm over a life of 2 s is 1 ms. */
  readonly slackMs?: number
  /** Give up, and say so, after visiting this many states. */
  readonly maxStates?: number
}

export type Verdict =
  | { readonly verdict: 'linearizable'; readonly states: number }
  | {
      readonly verdict: 'bad'
      readonly states: number
      readonly reason: string
      readonly stuck: readonly Operation[]
    }
  | { readonly verdict: 'undecided'; readonly states: number }

/**
 * Is there one order of the operations of this file, each at an instant between its call and its return, in which
 * every answer is right? Wing & Gong's search with Lowe's memory of visited states (RELIABILITY-SECURITY.md §2.5).
 *
 * 'bad' is a proof: every order was tried. Sound shortcuts keep that affordable: see `takeObservations` and `Visited`.
 */
export function check(history: History, options: CheckOptions): Verdict {
  const ambiguous = repeatedVersion(history)
  if (ambiguous) return { verdict: 'bad', states: 0, ...ambiguous }
  return new Search(history, options).run()
}

/** Versions never repeat (WOPI.md §1): two saves with the same one are wrong in any order. */
function repeatedVersion({ operations }: History): { reason: string; stuck: Operation[] } | undefined {
  const byVersion = new Map<string, Operation>()
  for (const operation of operations) {
    if (isLost(operation) || !isAcknowledgedSave(operation)) continue
    const { version } = operation.answer
    if (version === null) return { reason: 'a save was acknowledged without a version', stuck: [operation] }
    const other = byVersion.get(version)
    if (other) return { reason: `two saves made version ${version}`, stuck: [other, operation] }
    byVersion.set(version, operation)
  }
  return undefined
}

interface Completed extends Step {
  readonly return: number
  readonly answer: Answer
}

interface Move {
  readonly state: RegisterState
  /** Position in `completed`, or in `lost`. */
  readonly position: number
  readonly lost: boolean
}

/** A node of the search: `taken` are the positions that entering it took, `moves` what is still to be tried. */
interface Node {
  readonly taken: readonly number[]
  readonly lostMask: bigint
  readonly moves: Move[]
}

class Search {
  private readonly operations: readonly Operation[]
  private readonly completed: readonly Completed[]
  private readonly lost: readonly Step[]
  private readonly rules: Rules
  private readonly taken: TakenSet
  private readonly visited = new Visited()
  private readonly maxStates: number
  private states = 0
  private furthest = -1
  private stuck: readonly Operation[] = []

  constructor(history: History, { lifeMs, slackMs = 2, maxStates = 2_000_000 }: CheckOptions) {
    this.operations = history.operations
    this.maxStates = maxStates
    const completed: Completed[] = []
    const lost: Step[] = []
    history.operations.forEach((operation, index) => {
      const { request, call } = operation
      if (!isLost(operation))
        completed.push({ index, request, call, return: operation.return, answer: operation.answer })
      // A read whose answer was lost tells nothing and changes nothing.
      else if (request.kind !== 'GET_LOCK' && request.kind !== 'CHECK') lost.push({ index, request, call })
    })
    this.completed = completed.sort((a, b) => a.call - b.call)
    this.lost = lost.sort((a, b) => a.call - b.call)
    this.taken = new TakenSet(completed.length)
    this.rules = { lifeMs, slackMs, ...this.contentRules() }
  }

  run(): Verdict {
    const path: Node[] = []
    let next: { state: RegisterState; taken: number[]; lostMask: bigint } | undefined = {
      state: initialState,
      taken: [],
      lostMask: 0n,
    }
    for (;;) {
      if (next) {
        const node = this.enter(next.state, next.taken, next.lostMask)
        if (node === 'done') return { verdict: 'linearizable', states: this.states }
        if (this.states > this.maxStates) return { verdict: 'undecided', states: this.states }
        path.push(node)
      }
      const node = path.at(-1)
      if (!node) {
        return {
          verdict: 'bad',
          states: this.states,
          reason: 'no order explains the answers',
          stuck: this.stuck,
        }
      }
      const move = node.moves.pop()
      if (!move) {
        path.pop()
        node.taken.forEach((position) => this.taken.remove(position))
        next = undefined
      } else if (move.lost) {
        next = { state: move.state, taken: [], lostMask: node.lostMask | (1n << BigInt(move.position)) }
      } else {
        this.taken.add(move.position)
        next = { state: move.state, taken: [move.position], lostMask: node.lostMask }
      }
    }
  }

  private enter(state: RegisterState, taken: number[], lostMask: bigint): Node | 'done' {
    this.states++
    this.takeObservations(state, taken)
    if (this.taken.size === this.completed.length) return 'done'
    const fresh = this.visited.add(this.taken.key(), state, lostMask)
    return { taken, lostMask, moves: fresh ? this.moves(state, lostMask) : [] }
  }

  /**
   * Answers that are right now and narrow nothing are taken at once, without a branch: taking one earlier than some
   * other order would is harmless, because it leaves everything as it was for whatever follows.
   */
  private takeObservations(state: RegisterState, taken: number[]): void {
    for (let again = true; again;) {
      again = false
      const { positions, before } = this.candidates()
      for (const position of positions) {
        const step = this.at(position)
        if (answered(state, step, before, step.answer, this.rules) !== state) continue
        this.taken.add(position)
        taken.push(position)
        again = true
      }
    }
  }

  private moves(state: RegisterState, lostMask: bigint): Move[] {
    const { positions, before } = this.candidates()
    if (this.taken.size > this.furthest) {
      this.furthest = this.taken.size
      this.stuck = positions.flatMap((position) => this.operations[this.at(position).index] ?? [])
    }
    const moves: Move[] = []
    // Tried from the end: who returned first most likely took effect first, and lost answers are the last resort.
    for (const [position, step] of this.lost.entries()) {
      if (step.call > before || (lostMask >> BigInt(position)) & 1n) continue
      const after = changed(state, step, before, null, this.rules)
      if (after) moves.push({ state: after, position, lost: true })
    }
    for (const position of positions.sort((a, b) => this.at(b).return - this.at(a).return)) {
      const step = this.at(position)
      const after = answered(state, step, before, step.answer, this.rules)
      if (after) moves.push({ state: after, position, lost: false })
    }
    return moves
  }

  /** Operations that may come next: all that were called `before` any of the remaining ones has returned. */
  private candidates(): { positions: number[]; before: number } {
    const positions: number[] = []
    let before = Infinity
    for (let position = this.taken.firstMissing(); position < this.completed.length; position++) {
      if (this.taken.has(position)) continue
      const step = this.at(position)
      if (step.call > before) break
      before = Math.min(before, step.return)
      positions.push(position)
    }
    return { positions, before }
  }

  private at(position: number): Completed {
    const step = this.completed[position]
    if (!step) throw new RangeError(`no operation ${position}`)
    return step
  }

  private contentRules(): Pick<Rules, 'isUnclaimed' | 'isContentOf'> {
    const acknowledged = new Set<string>()
    const observers = new Map<string, number[]>()
    const saves = new Set<string>()
    for (const { request } of this.operations) if (request.kind === 'PUT') saves.add(request.sha256)
    for (const [position, { request, answer }] of this.completed.entries()) {
      if (answer.version === null) continue
      if (request.kind === 'PUT' && answer.status === 200) acknowledged.add(answer.version)
      else observers.set(answer.version, [...(observers.get(answer.version) ?? []), position])
    }
    return {
      // Once seen and superseded, a version never comes back: it must not have been seen under an earlier head.
      isUnclaimed: (version) =>
        !acknowledged.has(version) &&
        !(observers.get(version) ?? []).some((position) => this.taken.has(position)),
      isContentOf: (sha256, head) => {
        if (head === INITIAL) return !saves.has(sha256)
        const request = this.operations[head]?.request
        return request?.kind === 'PUT' && request.sha256 === sha256
      },
    }
  }
}
