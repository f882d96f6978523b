import { Injectable } from '@nestjs/common'
import type { Tx } from '../database/database.js'
import type { LockId } from '../ids/ids.js'
import { admitsSave } from '../lock/lock-rules.js'
import { LockService, type Authorization } from '../lock/lock.service.js'
import type { LockState } from '../lock/lock-state.js'
import { SaveConflicts } from '../permission/tokens/save-conflicts.js'
import type { Head } from '../storage/files/file.service.js'
import { SaveChain } from '../storage/files/save-chain.js'
import type { SaveHeaders } from './save-headers.js'

export type SaveAdmitted =
  | {
      readonly admitted: true
      /** Of the lock that holds the file after the save; undefined without one. */
      readonly lockEpoch: string | undefined
    }
  | { readonly admitted: false; readonly reason: 'lock-mismatch' | 'not-locked' | 'external-change' }

type Refusal = Extract<SaveAdmitted, { admitted: false }>

/** What is known in the transaction of a save that holds the head and the lock row. */
export interface SaveInHand {
  readonly head: Head
  readonly lock: LockState
  readonly by: Authorization
  readonly headers: SaveHeaders
}

/** May a save replace the head, by its lock and by what it is based on? (WOPI.md §6.2, CLIENTS.md §1.1, §1.2) */
@Injectable()
export class SaveAdmission {
  constructor(
    private readonly locks: LockService,
    private readonly chain: SaveChain,
    private readonly conflicts: SaveConflicts,
  ) {}

  async judge(tx: Tx, save: SaveInHand): Promise<SaveAdmitted> {
    const { head, lock, by, headers } = save
    const verdict = await this.verdict(tx, save, admitsSave(lock, headers.lockId, head.size))
    // Only Collabora's user may overwrite in spite of a 409, and only in spite of one.
    if (!verdict.admitted && headers.family === 'collabora')
      await this.conflicts.remember(tx, by.tokenId, head.version)
    return verdict
  }

  private async verdict(
    tx: Tx,
    save: SaveInHand,
    byLock: ReturnType<typeof admitsSave>,
  ): Promise<SaveAdmitted> {
    if (byLock === 'lock-mismatch') return refused(byLock)
    if (byLock === 'not-locked') return this.withoutLock(tx, save)
    const { head, lock, by, headers } = save
    const { baseTimestamp } = headers
    const lockEpoch = lock.kind === 'wopi' ? lock.epoch : undefined
    if (baseTimestamp === undefined) {
      if ((await this.overwrites(tx, save)) === 'by choice') await this.chain.keepHead(tx, head)
    } else if (baseTimestamp !== head.modifiedAt) {
      const under = lockEpoch !== undefined && by.editor !== undefined && { lockEpoch, editor: by.editor }
      if (!under || !(await this.chain.isOwn(tx, head, baseTimestamp, under)))
        return refused('external-change')
    }
    return { admitted: true, lockEpoch }
  }

  /**
   * Nobody has the file that is not empty. To Microsoft's editors that is a conflict. The others have no other way back to
   * a lock that they lost than to be opened anew; so who saves on top of the head takes it again, as if a Lock came first.
   */
  private async withoutLock(tx: Tx, save: SaveInHand): Promise<SaveAdmitted> {
    const { head, headers } = save
    const { lockId, baseTimestamp, family } = headers
    if (lockId === undefined || family === 'microsoft') return refused('not-locked')
    if (baseTimestamp !== undefined) {
      return baseTimestamp === head.modifiedAt ? this.takeAgain(tx, save, lockId) : refused('external-change')
    }
    switch (await this.overwrites(tx, save)) {
      case 'by choice':
        await this.chain.keepHead(tx, head)
        return this.takeAgain(tx, save, lockId)
      case 'what it has not seen':
        return refused('external-change')
      case 'unasked':
        return refused('not-locked')
    }
  }

  /** A save without a timestamp: has its user been told that the file changed, and is that the head still? */
  private async overwrites(
    tx: Tx,
    { head, by, headers }: SaveInHand,
  ): Promise<'by choice' | 'what it has not seen' | 'unasked'> {
    if (headers.family !== 'collabora') return 'unasked'
    const seen = await this.conflicts.latest(tx, by.tokenId)
    if (seen === undefined) return 'unasked'
    return seen === head.version ? 'by choice' : 'what it has not seen'
  }

  private async takeAgain(tx: Tx, { head, by }: SaveInHand, lockId: LockId): Promise<SaveAdmitted> {
    const outcome = await this.locks.lock(head.id, lockId, by, undefined, tx)
    // The token ended between the two looks at it.
    if (!outcome?.granted) return refused('not-locked')
    return { admitted: true, lockEpoch: outcome.epoch }
  }
}

function refused(reason: Refusal['reason']): Refusal {
  return { admitted: false, reason }
}
