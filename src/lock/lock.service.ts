import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Queryable, type Statement, type Tx } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import { BREAK_COAUTH_LOCKS, LIVE_COAUTH_LOCKS } from './coauth-lock.statements.js'
import { LockLog } from './lock-log.js'
import {
  BREAK_LOCK,
  EXCLUSIVE_LOCK,
  EXCLUSIVE_UNLOCK,
  GET_LOCK,
  LOCK_FOR_UPDATE,
  LOCK_FOR_UPDATE_IF_AUTHORIZED,
  LOCK,
  REFRESH_LOCK,
  UNLOCK,
  UNLOCK_AND_RELOCK,
  type Admission,
  type Asked,
} from './lock.statements.js'
import type { LockRow, OfFile } from './lock-row.js'
import {
  outcomeOf,
  stateOf,
  type BreakOutcome,
  type LockOutcome,
  type LocksOneByOne,
  type LockState,
} from './lock-state.js'

/** Who asks, and the right they must have: judged in the statement that changes the lock. */
export interface Authorization {
  readonly tokenId: TokenId
  readonly userId: UserId
  /** The least rank of a role that will do; 0: any token that was issued for editing. */
  readonly neededRank: number
  /** Of EDITORS, for whose page the token was issued, if for any: two that know one lock id may be two servers. */
  readonly editor?: string | undefined
}

/** What a client may ask of its lock beside the id (WOPI.md §7.3). */
export interface LockOptions {
  /** Exact, without a grace; else as it is set up. */
  readonly lifetimeMs: number | undefined
  /** May others be told the caller's name? */
  readonly visibility: 'named' | 'anonymous'
}

const DEFAULT_LOCK_OPTIONS: LockOptions = { lifetimeMs: undefined, visibility: 'anonymous' }

/** `undefined` in place of an answer: no such file, or the caller was not admitted. */
type Answer<T> = Promise<T | undefined>

/** The lock of each file: WOPI.md §7, linearizable over all servers on the database (RELIABILITY-SECURITY.md R-01). */
@Injectable()
export class LockService {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly log: LockLog,
  ) {}

  /**
   * Takes the lock, or restarts its timer when `lockId` holds it already; takes it from others who are all gone.
   * @param tx where one is open that holds the head: a save takes the lock again in its own transaction
   */
  lock(
    fileId: FileId,
    lockId: LockId,
    by: Authorization,
    options = DEFAULT_LOCK_OPTIONS,
    tx?: Tx,
  ): Answer<LockOutcome> {
    return this.change(
      LOCK,
      fileId,
      [...admissionOf(by), lockId, ...this.asked(options), by.editor ?? null],
      tx,
    )
  }

  /** Swaps `oldLockId` for `lockId` in one step: nobody can get in between. */
  unlockAndRelock(
    fileId: FileId,
    oldLockId: LockId,
    lockId: LockId,
    by: Authorization,
    options = DEFAULT_LOCK_OPTIONS,
  ): Answer<LockOutcome> {
    return this.change(UNLOCK_AND_RELOCK, fileId, [
      ...admissionOf(by),
      lockId,
      ...this.asked(options),
      by.editor ?? null,
      oldLockId,
    ])
  }

  /** Restarts the timer. */
  refresh(
    fileId: FileId,
    lockId: LockId,
    by: Authorization,
    options = DEFAULT_LOCK_OPTIONS,
  ): Answer<LockOutcome> {
    return this.change(REFRESH_LOCK, fileId, [...admissionOf(by), lockId, ...this.asked(options)])
  }

  unlock(fileId: FileId, lockId: LockId, by: Authorization): Answer<LockOutcome> {
    return this.change(UNLOCK, fileId, [...admissionOf(by), lockId])
  }

  /** For batch jobs and maintenance: nobody may edit until `lifetimeMs` have passed. */
  lockExclusively(
    tx: Tx,
    fileId: FileId,
    {
      lockId,
      holder,
      reason,
      lifetimeMs,
    }: { lockId: LockId; holder: UserId; reason: string; lifetimeMs: number },
  ): Answer<LockOutcome> {
    return this.change(EXCLUSIVE_LOCK, fileId, [lockId, lifetimeMs, holder, reason], tx)
  }

  unlockExclusive(tx: Tx, fileId: FileId): Answer<LockOutcome> {
    return this.change(EXCLUSIVE_UNLOCK, fileId, [], tx)
  }

  /**
   * Takes the lock, or all coauth locks, away from whoever holds them. The caller holds the head, so that no save is
   * under way.
   * @param quietMs how long it must not have been refreshed, nor the file saved; 0 for however busy
   */
  async break(tx: Tx, fileId: FileId, quietMs: number): Answer<BreakOutcome> {
    const row = await this.ask(BREAK_LOCK, fileId, [quietMs], tx)
    if (!row) return undefined
    const lock = stateOf(row)
    if (lock.kind === 'none') return { kind: 'not-locked' }
    if (lock.kind !== 'coauth') {
      return { kind: row.decision === 'release' ? 'broken' : 'in-use', lock, coauthLocks: [] }
    }
    const broken = await tx.query(BREAK_COAUTH_LOCKS, [fileId, quietMs])
    const coauthLocks = broken.map(({ lock_id: lockId, user_id: userId }) => ({ lockId, userId }))
    return { kind: broken.length > 0 ? 'broken' : 'in-use', lock, coauthLocks }
  }

  async current(fileId: FileId): Answer<LockState> {
    const row = await this.database.serializedByFile(fileId, () =>
      this.ask(GET_LOCK, fileId, [], this.database),
    )
    return row && stateOf(row)
  }

  /** The lock as it will stand until `tx` ends: the row stays locked, so nobody takes or drops it meanwhile. */
  async lockForUpdate(tx: Tx, fileId: FileId, by?: Authorization): Answer<LockState> {
    const row = await (by
      ? this.ask(LOCK_FOR_UPDATE_IF_AUTHORIZED, fileId, admissionOf(by), tx)
      : this.ask(LOCK_FOR_UPDATE, fileId, [], tx))
    return row && stateOf(row)
  }

  /** The same, with the coauth locks one by one. */
  async lockForUpdateWithCoauth(tx: Tx, fileId: FileId): Answer<LocksOneByOne> {
    const state = await this.lockForUpdate(tx, fileId)
    return state && this.oneByOne(tx, fileId, state)
  }

  /**
   * The coauth locks behind a state, for who decides by them (WOPI.md §13.7). They are looked for once the row is held,
   * in a statement of their own, since the one that waited sees them as they were before.
   */
  async oneByOne(tx: Tx, fileId: FileId, held: LockState): Promise<LocksOneByOne> {
    if (held.kind !== 'coauth') return { wopi: held, coauth: [] }
    const rows = await tx.query(LIVE_COAUTH_LOCKS, [fileId])
    const coauth = rows.map(({ lock_id: lockId, type }) => ({ lockId, type }))
    return { wopi: { kind: 'none', version: held.version }, coauth }
  }

  private asked({ lifetimeMs, visibility }: LockOptions): Asked {
    return [lifetimeMs ?? this.settings.lockTtlMs, lifetimeMs !== undefined, visibility === 'named']
  }

  private async change<Others extends readonly unknown[]>(
    statement: Statement<LockRow, [...OfFile, ...Others]>,
    fileId: FileId,
    values: NoInfer<Others>,
    tx?: Tx,
  ): Answer<LockOutcome> {
    const row = tx
      ? await this.ask(statement, fileId, values, tx)
      : await this.database.serializedByFile(fileId, () => this.ask(statement, fileId, values, this.database))
    if (row?.decision === 'take' && row.dead_kind !== null) {
      const dead = { fileId, kind: row.dead_kind, lockId: row.stored_lock_id, holder: row.holder }
      if (!tx) this.log.foundBy(dead)
      else {
        await this.log.record(tx, [dead])
        this.log.say(dead)
      }
    }
    if (row?.decision === 'replace')
      this.log.replaced({ fileId, lockId: row.stored_lock_id, holder: row.holder })
    return outcomeOf(row)
  }

  private async ask<Others extends readonly unknown[]>(
    statement: Statement<LockRow, [...OfFile, ...Others]>,
    fileId: FileId,
    values: NoInfer<Others>,
    on: Queryable,
  ): Promise<LockRow | undefined> {
    const rows = await on.query(statement, [fileId, this.settings.lockGraceMs, ...values])
    return rows[0]
  }
}

export function admissionOf({ tokenId, userId, neededRank }: Authorization): Admission {
  return [tokenId, userId, neededRank]
}
