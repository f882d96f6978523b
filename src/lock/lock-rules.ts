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
  | { readonly kind: 'wopi' | 'exclusive'; readonly lockId: string; readonly expiresAt: number }

/** `take` and `swap` begin a new holder (epoch + 1), `extend` restarts the timer, `conflict` changes nothing. */
export type LockDecision = 'take' | 'swap' | 'extend' | 'release' | 'conflict'

/**
 * The lock rules of WOPI.md §7.2, with no I/O. The statements in `lock.statements.ts` decide the same under the row
 * lock; `test/lock/lock-model.test.ts` holds the two together.
 *
 * In the grace period after its expiry a WOPI lock still counts: its id revives it and nobody else gets the file,
 * because its editors may be behind a network cut with unsaved work (SEEDS.md §2). An exclusive lock has no grace.
 */
export function decide(
  request: LockRequest,
  stored: StoredLock,
  now: number,
  { graceMs }: { graceMs: number },
): LockDecision {
  const held = stillHeld(stored, now, graceMs)
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
  const end = stored.expiresAt + (stored.kind === 'wopi' ? graceMs : 0)
  return now < end ? stored : undefined
}

/** May a save that presents `lockId` replace the content? (WOPI.md §6.2) */
export function admitsSave(
  lock: { readonly kind: 'none' | 'exclusive' } | { readonly kind: 'wopi'; readonly lockId: string },
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
      return 'lock-mismatch'
  }
}
