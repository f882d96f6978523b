import type { Request } from './history.js'

/**
 * The state of a register and what is known about time.
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
  /**
   * The heads that a save under the present holding of the lock may be based on, as the indices of what made them: the
   * one that it began with and its own saves since, whose answers may have been lost. Where saves name no base: ''.
   */
  readonly bases: string
}

export const INITIAL = -1

export const initialState: RegisterState = {
  lock: '',
  from: 0,
  until: 0,
  head: INITIAL,
  version: null,
  table: '',
  bases: '',
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
  /** Saves name what they are based on. */
  readonly tracksBases: boolean
  /** How far the driver's clock and the server's may drift apart within one life. */
  readonly slackMs: number
}

export interface Step {
  readonly index: number
  readonly request: Request
  readonly call: number
}

export function isOwnBase({ bases, head }: RegisterState, base: string, rules: Rules): boolean {
  return [...bases.split(' ').filter(Boolean).map(Number), head].some((made) => rules.isContentOf(base, made))
}

export function beginsHolding(state: RegisterState, { tracksBases }: Rules): RegisterState {
  return tracksBases ? { ...state, bases: String(state.head) } : state
}

export function madeOwn(state: RegisterState, index: number, { tracksBases }: Rules): RegisterState {
  return tracksBases ? { ...state, bases: `${state.bases} ${index}` } : state
}
