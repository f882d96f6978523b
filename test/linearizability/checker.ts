import {
  isLost,
  isRead,
  type CompletedOperation,
  type History,
  type LostOperation,
  type Operation,
} from './history.js'
import { answered, changed } from './lock-register.js'
import { initialState, type RegisterState, type Rules, type Step } from './register-state.js'
import { TakenSet, Visited } from './search-memory.js'
import { contentRules, repeatedVersion } from './versions.js'

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
      /** What could have come next in the longest order found, and did not fit. */
      readonly stuck: readonly Operation[]
    }
  | { readonly verdict: 'undecided'; readonly states: number }

/**
 * Is there one order of the operations of this file, each at an instant between its call and its return, in which
 * every answer is right? Wing & Gong's search with Lowe's memory of visited states (RELIABILITY-SECURITY.md §2.5).
 *
 * 'bad' is a proof: every order was tried. Two shortcuts keep that affordable: `takeObservations` and `Visited`.
 */
export function check(history: History, options: CheckOptions): Verdict {
  const repeated = repeatedVersion(history)
  if (repeated) return { verdict: 'bad', states: 0, ...repeated }
  return new Search(history, options).run()
}

type Completed = CompletedOperation & Step

interface Move {
  readonly state: RegisterState
  readonly step: Step
}

/** A node of the search: `taken` is what entering it added to the order, `moves` what is still to be tried. */
interface Node {
  readonly taken: readonly number[]
  readonly lostMask: bigint
  readonly moves: Move[]
}

class Search {
  /** Sorted by call; the index of a step is its position here. */
  private readonly completed: readonly Completed[]
  /** Their indices follow those of `completed`. */
  private readonly lost: readonly (LostOperation & Step)[]
  private readonly rules: Rules
  private readonly taken: TakenSet
  private readonly visited = new Visited()
  private readonly maxStates: number
  private states = 0
  private furthest = -1
  private stuck: readonly Operation[] = []

  constructor({ operations }: History, { lifeMs, slackMs = 2, maxStates = 2_000_000 }: CheckOptions) {
    const byCall = [...operations].sort((a, b) => a.call - b.call)
    this.completed = byCall.filter((one) => !isLost(one)).map((one, index) => ({ ...one, index }))
    this.lost = byCall
      .filter((one) => isLost(one))
      // A read whose answer was lost tells nothing and changes nothing.
      .filter(({ request }) => !isRead(request))
      .map((one, index) => ({ ...one, index: index + this.completed.length }))
    this.taken = new TakenSet(this.completed.length)
    const contents = contentRules([...this.completed, ...this.lost], (index) => this.taken.has(index))
    const tracksBases = operations.some(({ request }) => request.kind === 'PUT' && request.base !== undefined)
    this.rules = { lifeMs, slackMs, tracksBases, ...contents }
    this.maxStates = maxStates
  }

  run(): Verdict {
    const path = [this.enter(initialState, [], 0n)]
    for (;;) {
      if (this.taken.size === this.completed.length) return { verdict: 'linearizable', states: this.states }
      if (this.states > this.maxStates) return { verdict: 'undecided', states: this.states }
      const node = path.at(-1)
      if (!node) {
        const reason = 'no order explains the answers'
        return { verdict: 'bad', states: this.states, reason, stuck: this.stuck }
      }
      const move = node.moves.pop()
      if (move) {
        path.push(this.follow(move, node.lostMask))
      } else {
        for (const index of node.taken) this.taken.remove(index)
        path.pop()
      }
    }
  }

  private follow({ state, step }: Move, lostMask: bigint): Node {
    const lost = step.index - this.completed.length
    if (lost >= 0) return this.enter(state, [], lostMask | (1n << BigInt(lost)))
    this.taken.add(step.index)
    return this.enter(state, [step.index], lostMask)
  }

  private enter(state: RegisterState, taken: number[], lostMask: bigint): Node {
    this.states++
    this.takeObservations(state, taken)
    const fresh = this.visited.add(this.taken.key(), state, lostMask)
    return { taken, lostMask, moves: fresh ? this.moves(state, lostMask) : [] }
  }

  /**
   * Answers that are right now and change nothing are taken at once, without a branch. That is harmless: in any order
   * that has such an operation later, it can be moved here, because whatever follows finds the same state, and only
   * gains time (`before` of the others can but grow).
   */
  private takeObservations(state: RegisterState, taken: number[]): void {
    for (let again = true; again;) {
      again = false
      const { steps, before } = this.candidates()
      for (const step of steps) {
        // A late refresh would be lost that takes effect later: its answer fits any state.
        if (step.request.kind === 'LATE_REFRESH') continue
        if (answered(state, step, before, step.answer, this.rules)[0] !== state) continue
        this.taken.add(step.index)
        taken.push(step.index)
        again = true
      }
    }
  }

  private moves(state: RegisterState, lostMask: bigint): Move[] {
    const { steps, before } = this.candidates()
    if (this.taken.size > this.furthest) {
      this.furthest = this.taken.size
      this.stuck = steps
    }
    const moves: Move[] = []
    // Tried from the end: who returned first most likely took effect first, and lost answers are the last resort.
    for (const [position, step] of this.lost.entries()) {
      if (step.call > before || (lostMask >> BigInt(position)) & 1n) continue
      for (const after of changed(state, step, before, null, this.rules)) moves.push({ state: after, step })
    }
    for (const step of [...steps].sort((a, b) => b.return - a.return)) {
      const afters = answered(state, step, before, step.answer, this.rules)
      for (const after of afters) moves.push({ state: after, step })
    }
    return moves
  }

  /** Operations that may come next: all that were called `before` any of the remaining ones has returned. */
  private candidates(): { steps: Completed[]; before: number } {
    const steps: Completed[] = []
    let before = Infinity
    for (let position = this.taken.firstMissing(); ; position++) {
      const step = this.completed[position]
      if (!step || step.call > before) return { steps, before }
      if (this.taken.has(position)) continue
      before = Math.min(before, step.return)
      steps.push(step)
    }
  }
}
