import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import { Logger } from '../logging/logger.js'
import { EXTEND_FOR_OTHERS, NOTICE, UNLOCK_LATE } from './late-lock.statements.js'
import { outcomeOf, type LockOutcome } from './lock-state.js'

/** A genuine token of whoever calls, and its user; what it is still good for is judged in the database. */
export interface LateCaller {
  readonly tokenId: TokenId
  readonly userId: UserId
}

/** What calls do that are refused, or come too late: an editor service may be using the token of somebody who is gone. */
@Injectable()
export class LateLockCalls {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /**
   * After a Lock or RefreshLock was refused: while others edit, the lock lives on, whatever the caller is told.
   * @param how `remember`: only that the id was presented
   */
  async refused(
    fileId: FileId,
    lockId: LockId,
    { tokenId, userId }: LateCaller,
    how: 'extend' | 'remember',
  ): Promise<void> {
    const { lockGraceMs, lockTtlMs } = this.settings
    await this.database.serializedByFile(fileId, () =>
      this.database.query(EXTEND_FOR_OTHERS, [
        fileId,
        lockGraceMs,
        tokenId,
        userId,
        lockId,
        lockTtlMs,
        how === 'extend',
      ]),
    )
  }

  /** After an Unlock was refused. @returns undefined when the token is not one that has only just ended */
  async unlock(
    fileId: FileId,
    lockId: LockId,
    { tokenId, userId }: LateCaller,
  ): Promise<LockOutcome | undefined> {
    const [row] = await this.database.serializedByFile(fileId, () =>
      this.database.query(UNLOCK_LATE, [fileId, this.settings.lockGraceMs, tokenId, userId, lockId]),
    )
    return outcomeOf(row)
  }

  /** Somebody works under this id, though perhaps in vain. What they are answered does not depend on it. */
  async notice(fileId: FileId, lockId: LockId): Promise<void> {
    try {
      await this.database.query(NOTICE, [fileId, lockId])
    } catch (error) {
      this.logger.warn({ error: String(error), fileId }, 'that a lock is in use could not be noted')
    }
  }
}
