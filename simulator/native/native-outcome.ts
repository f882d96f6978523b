import type { Answer } from '../wopi-connection.js'
import type { Failure } from '../wopi-outcome.js'
import { failure } from '../wopi-outcome.js'

/** What a call of a native client came to, sorted by what the client does about it. */
export type NativeOutcome<T = unknown> = ({ readonly kind: 'ok' } & T) | NativeFailure

export type NativeFailure =
  | Exclude<Failure, { kind: 'conflict' }>
  /** 409. Without a mechanism: the host does not know our coauth lock (any more). */
  | { readonly kind: 'conflict'; readonly mechanism: string | undefined; readonly call: string }
  /** 412: the document has changed since we read it. */
  | { readonly kind: 'moved'; readonly sequenceNumber: number | undefined; readonly call: string }

/** `answer` is none of success. */
export function nativeFailure({ status, header, call: made }: Answer): NativeFailure {
  const reason = header('x-wopi-failurereason')
  const call = reason === undefined ? made : `${made}: ${reason}`
  if (status === 409) {
    return { kind: 'conflict', mechanism: header('x-wopi-conflictingmechanism') || undefined, call }
  }
  if (status === 412) return { kind: 'moved', sequenceNumber: sequenceNumberIn(header), call }
  const failed = failure(status, call, header)
  return failed.kind === 'conflict' ? { kind: 'unexpected', status, call } : failed
}

/** A positive number of 32 bits (WOPI.md §13.5). */
export function sequenceNumberIn(header: Answer['header']): number | undefined {
  const number = Number(header('x-wopi-sequencenumber'))
  return Number.isInteger(number) && number > 0 && number < 2 ** 31 ? number : undefined
}
