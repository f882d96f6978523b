/** What a caller asks of a file's lock (WOPI.md §7.1). Ids are compared byte for byte, never parsed. */
export type LockRequest =
  | { readonly operation: 'lock'; readonly lockId: string }
  | { readonly operation: 'unlock-and-relock'; readonly oldLockId: string; readonly lockId: string }
  | { readonly operation: 'refresh'; readonly lockId: string }
  | { readonly operation: 'unlock'; readonly lockId: string }
  | { readonly operation: 'exclusive'; readonly lockId: string }

/** A file's lock row. `expiresAt` in ms of the database's clock. */
export type StoredLock =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'wopi' | 'exclusive'
      readonly lockId: string
      readonly expiresAt: number
      /** `exact`: the client chose the time, and there is no grace (WOPI.md §7.3). */
      readonly expiry?: 'exact' | 'graced'
    }

/** `take` and `swap` begin a new holder (epoch + 1), `extend` restarts the timer, `conflict` changes nothing. */
export type LockDecision = 'take' | 'swap' | 'extend' | 'release' | 'conflict'

/**
 * The lock rules of WOPI.md §7.2, with no I/O. The statements in `lock.statements.ts` decide the same under the row
 * lock; `test/lock/lock-model.test.ts` holds the two together.
 *
 * In the grace period after its expiry a WOPI lock still counts: its id revives it and nobody else gets the file,
 * because its editors may be behind a network cut with unsaved work (SEEDS.md §2). An exclusive lock has no grace.
 * While there is any coauth lock, until `coauthUntil`, nobody gets or has another (WOPI.md §12.1).
 */
export function decide(
  request: LockRequest,
  stored: StoredLock,
  now: number,
  { graceMs, coauthUntil = -Infinity }: { graceMs: number; coauthUntil?: number | undefined },
): LockDecision {
  const held = stillHeld(stored, now, graceMs)
  if (held === undefined && now < coauthUntil) return 'conflict'
  if (request.operation === 'exclusive') return held === undefined ? 'take' : 'conflict'
  if (held?.kind === 'exclusive') return 'conflict'
  switch (request.operation) {
    case 'lock':
      if (held === undefined) return 'take'
      return held.lockId === request.lockId ? 'extend' : 'conflict'
    case 'unlock-and-relock':
      return held?.lockId === request.oldLockId ? 'swap' : 'conflict'
    case 'refresh':
      return held?.lockId === request.lockId ? 'extend' : 'conflict'
    case 'unlock':
      return held?.lockId === request.lockId ? 'release' : 'conflict'
  }
}

type HeldLock = Exclude<StoredLock, { kind: 'none' }>

/** An expired lock is an unlocked file (WOPI.md §7.2). */
export function stillHeld(stored: StoredLock, now: number, graceMs: number): HeldLock | undefined {
  if (stored.kind === 'none') return undefined
  const end = stored.expiresAt + (stored.kind === 'wopi' && stored.expiry !== 'exact' ? graceMs : 0)
  return now < end ? stored : undefined
}

/** May a save that presents `lockId` replace the content? (WOPI.md §6.2) */
export function admitsSave(
  lock:
    { readonly kind: 'none' | 'exclusive' | 'coauth' } | { readonly kind: 'wopi'; readonly lockId: string },
  lockId: string | undefined,
  currentSize: number,
): 'yes' | 'lock-mismatch' | 'not-locked' {
  switch (lock.kind) {
    case 'wopi':
      return lock.lockId === lockId ? 'yes' : 'lock-mismatch'
    case 'none':
      // A new, empty file is filled before anybody locks it ("editnew"); anything else needs the lock.
      return currentSize === 0 ? 'yes' : 'not-locked'
    case 'exclusive':
    case 'coauth':
      return 'lock-mismatch'
  }
}

export interface StoredCoauthLock {
  readonly lockId: string
  readonly type: 'Coauth' | 'CoauthExclusive'
  readonly metadata: string
  readonly expiresAt: number
}

export type CoauthRequest =
  | {
      readonly operation: 'get'
      readonly lockId: string
      readonly type: StoredCoauthLock['type']
      readonly metadata: string
    }
  /** Without metadata it stays. */
  | { readonly operation: 'refresh'; readonly lockId: string; readonly metadata: string | undefined }
  | { readonly operation: 'unlock'; readonly lockId: string }

/** `take` adds a row, `change` moves its expiry and values, and the table's version if a value differs. */
export type CoauthDecision =
  'take' | 'change' | 'release' | 'wopi' | 'exclusive' | 'coauth-exclusive' | 'no-lock'

/**
 * The rules of WOPI.md §12.1, with no I/O. The functions of migration 1764700000000 decide the same under the row lock;
 * `test/lock/coauth-model.test.ts` holds the two together. A coauth lock has no grace: its time is exact (§12.6).
 */
export function decideCoauth(
  request: CoauthRequest,
  { lock, coauth }: { lock: StoredLock; coauth: readonly StoredCoauthLock[] },
  now: number,
  { graceMs }: { graceMs: number },
): CoauthDecision {
  const live = coauth.filter(({ expiresAt }) => now < expiresAt)
  const isHeld = live.some(({ lockId }) => lockId === request.lockId)
  if (request.operation === 'refresh') return isHeld ? 'change' : 'no-lock'
  if (request.operation === 'unlock') return isHeld ? 'release' : 'no-lock'
  const other = stillHeld(lock, now, graceMs)
  if (other) return other.kind
  const others = live.filter(({ lockId }) => lockId !== request.lockId)
  if (request.type === 'CoauthExclusive' && others.some(({ type }) => type === 'CoauthExclusive')) {
    return 'coauth-exclusive'
  }
  return isHeld ? 'change' : 'take'
}
