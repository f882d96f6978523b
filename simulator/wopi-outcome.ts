/** What a WOPI call came to, sorted by what an editor service does about it. */
export type Outcome<T = unknown> = ({ readonly kind: 'ok' } & T) | Failure

export type Failure =
  /**
   * 409; `currentLock` is '' when the host says that the file is unlocked, undefined when it says nothing.
   */
  | { readonly kind: 'conflict'; readonly currentLock: string | undefined; readonly call: string }
  /** The token is bad, or the right or the file is gone. */
  | { readonly kind: 'refused'; readonly status: number; readonly call: string }
  /** No answer, or one that promises nothing: the call may even have been carried out. */
  | { readonly kind: 'unavailable'; readonly call: string; readonly retryAfterMs: number }
  | { readonly kind: 'unexpected'; readonly status: number; readonly call: string }

/**
 * `call` names operation, status and correlation id, so that a line of the log finds the line of the server's
 * log.
 */
export function failure(status: number, call: string, header: (name: string) => string | undefined): Failure {
  if (status === 409) return { kind: 'conflict', currentLock: header('x-wopi-lock'), call }
  if (status === 401 || status === 403 || status === 404) return { kind: 'refused', status, call }
  if (status === 429 || (status >= 500 && status !== 501)) {
    const seconds = Number(header('retry-after') ?? 0)
    return { kind: 'unavailable', call, retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0 }
  }
  return { kind: 'unexpected', status, call }
}
