import type { CompletedOperation, Request } from './history.js'

/** What the clients of one file have seen. Shared, because clients that know more collide more often. */
export interface Knowledge {
  lock: string
  /** When the lock's timer was last restarted, as far as anybody was told. */
  startedAt: number
  /** Everybody waits for the lock to run out, and then only watches for `watchMs` before anybody acts. */
  lull: Lull | null
  /** Changes whose answer was lost. */
  lost: number
  /** The contents that anybody was told of, and their LastModifiedTime; the latest told last. */
  contents: { readonly sha256: string; readonly modifiedAt: string }[]
}

export interface Lull {
  /** Whose end is awaited. */
  lock: string
  readonly watchMs: number
  /** The client whose save waits, inside the database, for the row that somebody else holds over the lock's end. */
  readonly held: number | null
  /** Whether the late refreshes at its end name this lock: one that does would explain what one that does not has kept. */
  readonly lateOnesFit: boolean
}

export interface Action {
  readonly request: Request
  readonly body: Buffer | null
  /** Pause in the middle of the body: the upload that outlives its lock. */
  readonly stallMs: number
  /** How long somebody else's transaction holds the file's row from just before this call. */
  readonly rowHeldMs: number
  /** When the client hangs up; null = never. */
  readonly hangUpAfterMs: number | null
  /** Of the content that `request.base` names. */
  readonly baseTime?: string
}

/** Only this: no pause, no hanging up. */
export function look(kind: 'GET_LOCK' | 'CHECK' | 'GET_COAUTH_TABLE'): Action {
  return { request: { kind }, body: null, stallMs: 0, rowHeldMs: 0, hangUpAfterMs: null }
}

/** Of which content the answer tells the time. */
export function hear({ request, answer }: CompletedOperation, { contents }: Knowledge): void {
  const { modifiedAt, status } = answer
  const sha256 = request.kind === 'PUT' ? request.sha256 : answer.sha256
  if (status !== 200 || !modifiedAt || sha256 === null) return
  const known = contents.findIndex((one) => one.sha256 === sha256)
  if (known >= 0) contents.splice(known, 1)
  contents.push({ sha256, modifiedAt })
}
