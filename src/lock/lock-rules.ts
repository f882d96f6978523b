import type { LockId, TokenId } from '../ids/ids.js'

/** What a caller asks of a file's lock (WOPI.md §7.1). Ids are compared byte for byte, never parsed. */
export type LockRequest =
  | { readonly operation: 'lock'; readonly lockId: LockId }
  | { readonly operation: 'unlock-and-relock'; readonly oldLockId: LockId; readonly lockId: LockId }
  | { readonly operation: 'refresh'; readonly lockId: LockId }
  | { readonly operation: 'unlock'; readonly lockId: LockId }
  | { readonly operation: 'exclusive'; readonly lockId: LockId }
  /** A Lock or RefreshLock that was refused, with a token that has just ended; the answer stays a refusal. */
  | { readonly operation: 'extend-for-others'; readonly lockId: LockId; readonly othersEdit: boolean }
  /** An Unlock with such a token. */
  | { readonly operation: 'unlock-late'; readonly lockId: LockId }

/** A file's lock row. `expiresAt` in ms of the database's clock. */
export type StoredLock =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'wopi' | 'exclusive'
      readonly lockId: LockId
      readonly expiresAt: number
      /** `exact`: the client chose the time, and there is no grace (WOPI.md §7.3). */
      readonly expiry?: 'exact' | 'graced'
    }

/**
 * `take`, `swap` and `replace` begin a new holder (epoch + 1), `extend` restarts the timer, `notice` remembers that the
 * id was presented, `conflict` changes nothing.
 */
export type LockDecision = 'take' | 'swap' | 'replace' | 'extend' | 'release' | 'notice' | 'conflict'

/**
 * The lock rules of WOPI.md §7.2, with no I/O. The statements in `lock.statements.ts` decide the same under the row
 * lock; `test/lock/lock-model.test.ts` holds the two together.
 *
 * In the grace period after its expiry a WOPI lock still counts: its id revives it and nobody else gets the file,
 * because its editors may be behind a network cut with unsaved work. An exclusive lock has no grace.
 * While there is any coauth lock, until `coauthUntil`, nobody gets or has another (WOPI.md §12.1).
 * `abandoned`: see `isAbandoned`.
 */
export function decide(
  request: LockRequest,
  stored: StoredLock,
  now: number,
  {
    graceMs,
    coauthUntil = -Infinity,
    abandoned = false,
  }: { graceMs: number; coauthUntil?: number | undefined; abandoned?: boolean },
): LockDecision {
  const held = stillHeld(stored, now, graceMs)
  if (held === undefined && now < coauthUntil) return 'conflict'
  if (request.operation === 'exclusive') return held === undefined ? 'take' : 'conflict'
  if (held?.kind === 'exclusive') return 'conflict'
  switch (request.operation) {
    case 'lock':
      if (held === undefined) return 'take'
      if (held.lockId === request.lockId) return 'extend'
      return abandoned ? 'replace' : 'conflict'
    case 'unlock-and-relock':
      return held?.lockId === request.oldLockId ? 'swap' : 'conflict'
    case 'refresh':
      return held?.lockId === request.lockId ? 'extend' : 'conflict'
    case 'unlock':
    case 'unlock-late':
      return held?.lockId === request.lockId ? 'release' : 'conflict'
    case 'extend-for-others':
      if (held?.lockId !== request.lockId) return 'conflict'
      return request.othersEdit ? 'extend' : 'notice'
  }
}

/** A participant of the file's session, as far as it matters to a lock. Times in ms. */
export interface LockUser {
  readonly tokenId: TokenId
  /** Its page has told something, once at least. */
  readonly reports: boolean
  /** Its page has said so, as the last thing that was seen of it. */
  readonly saidLeft: boolean
  readonly lastSeenAt: number
}

export interface LockTaking {
  readonly tokenId: TokenId
  /** Of EDITORS; null when the token was issued for none. */
  readonly editor: string | null
}

/** Who has not been heard of for so long is gone, and a lock that nobody called with for so long is nobody's. */
export const SILENT_AFTER_MS = 300_000
export const UNUSED_AFTER_MS = 120_000

/**
 * Are all who could use the lock gone? Collabora makes a new id at each start, so that after a crash its own lock keeps
 * it out. Only where nothing is guessed: the one who took the lock and all others came through pages that
 * report, and the lock was taken, and is asked for, with tokens for one and the same editor. The database's
 * function `lock_is_abandoned` decides the same under the row lock.
 */
export function isAbandoned(
  lock: { readonly takenBy: LockTaking; readonly usedAt: number },
  users: readonly LockUser[],
  asking: LockTaking,
  now: number,
): boolean {
  if (asking.editor === null || lock.takenBy.editor !== asking.editor) return false
  if (lock.usedAt > now - UNUSED_AFTER_MS) return false
  if (!users.some(({ tokenId }) => tokenId === lock.takenBy.tokenId)) return false
  return users
    .filter(({ tokenId }) => tokenId !== asking.tokenId)
    .every(
      ({ reports, saidLeft, lastSeenAt }) => reports && (saidLeft || lastSeenAt <= now - SILENT_AFTER_MS),
    )
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
    { readonly kind: 'none' | 'exclusive' | 'coauth' } | { readonly kind: 'wopi'; readonly lockId: LockId },
  lockId: LockId | undefined,
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
  readonly lockId: LockId
  readonly type: 'Coauth' | 'CoauthExclusive'
  readonly metadata: string
  readonly expiresAt: number
}

export type CoauthRequest =
  | {
      readonly operation: 'get'
      readonly lockId: LockId
      readonly type: StoredCoauthLock['type']
      readonly metadata: string
    }
  /** Without metadata it stays. */
  | { readonly operation: 'refresh'; readonly lockId: LockId; readonly metadata: string | undefined }
  | { readonly operation: 'unlock'; readonly lockId: LockId }

/** `take` adds a row, `change` moves its expiry and values, and the table's version if a value differs. */
export type CoauthDecision =
  'take' | 'change' | 'release' | 'wopi' | 'exclusive' | 'coauth-exclusive' | 'no-lock'

/**
 * The rules of WOPI.md §12.1, with no I/O. The database's functions decide the same under the row lock;
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
