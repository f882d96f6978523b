/** One WOPI call on the register that a file is (WOPI.md §6.2, §7.1, §12). */
export type Request =
  | CoauthRequest
  | { readonly kind: 'LOCK'; readonly id: string }
  | { readonly kind: 'UNLOCK_AND_RELOCK'; readonly oldId: string; readonly id: string }
  | { readonly kind: 'REFRESH_LOCK'; readonly id: string }
  | { readonly kind: 'UNLOCK'; readonly id: string }
  | { readonly kind: 'GET_LOCK' }
  /** With a token that has just ended, while others edit (ADR 21): refused, and a refresh all the same. */
  | LateRequest
  /**
   * `sha256` names the body; every body of a history is unique, so a save always makes a new version. `base`: the content
   * that it says it is based on, of Collabora and ONLYOFFICE; one file has either such saves or others.
   */
  | { readonly kind: 'PUT'; readonly lock: string; readonly sha256: string; readonly base?: string }
  | { readonly kind: 'CHECK' }

export interface LateRequest {
  readonly kind: 'LATE_REFRESH' | 'LATE_UNLOCK'
  readonly id: string
}

/** None of these locks expires within a history: 60 s is the least that a client may ask for. */
export type CoauthRequest =
  | { readonly kind: 'GET_COAUTH_LOCK'; readonly id: string; readonly type: CoauthType }
  | { readonly kind: 'REFRESH_COAUTH_LOCK' | 'UNLOCK_COAUTH_LOCK'; readonly id: string }
  | { readonly kind: 'GET_COAUTH_TABLE' }

export type CoauthType = 'Coauth' | 'CoauthExclusive'

/** What the client was told. `null` = the answer did not say. */
export interface Answer {
  readonly status: 200 | 401 | 409
  /** X-WOPI-Lock: '' when present and empty, which means unlocked. */
  readonly lock: string | null
  /** X-WOPI-ItemVersion, or Version of CheckFileInfo. */
  readonly version: string | null
  /** SHA256 of CheckFileInfo, as the host spells it; comparable with `Request.sha256`. */
  readonly sha256: string | null
  /** The coauth table, as `tableText` writes it. */
  readonly table?: string | null
  /** LastModifiedTime, for the next save to be based on; the register's rule does not ask it. */
  readonly modifiedAt?: string | null
}

/** One text for one table, whatever the order of its rows. */
export function tableText(rows: Iterable<readonly [id: string, type: string]>): string {
  return [...rows]
    .map(([id, type]) => `${id}:${type}`)
    .sort()
    .join(' ')
}

export function isRead({ kind }: Request): boolean {
  return kind === 'GET_LOCK' || kind === 'CHECK' || kind === 'GET_COAUTH_TABLE'
}

export function isLate(request: Request): request is LateRequest {
  return request.kind === 'LATE_REFRESH' || request.kind === 'LATE_UNLOCK'
}

export function isCoauth(request: Request): request is CoauthRequest {
  return request.kind.includes('COAUTH')
}

interface Call {
  readonly client: number
  readonly request: Request
  /** Milliseconds of one monotonic clock, like `return`. */
  readonly call: number
}

export type CompletedOperation = Call & { readonly return: number; readonly answer: Answer }

/** The client never saw the answer: it may have taken effect at any time after `call`, or never. */
export type LostOperation = Call & { readonly return: null; readonly answer: 'lost' }

export type Operation = CompletedOperation | LostOperation

/** Everything that happened to one file. Files are independent registers, so each is judged alone. */
export interface History {
  readonly file: string
  readonly operations: readonly Operation[]
}

export function isLost(operation: Operation): operation is LostOperation {
  return operation.answer === 'lost'
}

export function isAcknowledgedSave({ request, answer }: CompletedOperation): boolean {
  return request.kind === 'PUT' && answer.status === 200
}
