import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Database, type Tx } from '../database/database.js'
import { EventLog } from '../events/event-log.js'
import type { FileId, LockId, UserId } from '../ids/ids.js'
import { Logger } from '../logging/logger.js'

export interface DeadLock {
  readonly fileId: FileId
  readonly kind: 'wopi' | 'exclusive' | 'coauth'
  readonly lockId: LockId
  readonly holder: UserId | null
}

/** Tells what happens to locks without anybody asking: in the log, and to those who watch: nobody is to find out by a lost save. */
@Injectable()
export class LockLog implements OnApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>()

  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly logger: Logger,
  ) {}

  /** With the change that clears the locks away: each expiry is told exactly once, however many servers find it. */
  async record(tx: Tx, dead: readonly DeadLock[]): Promise<void> {
    const told = dead.map(({ fileId, kind, lockId, holder }) => ({
      kind: 'lock-expired' as const,
      fileId,
      ...(holder === null ? {} : { userId: holder }),
      detail: { lockKind: kind, lockId },
    }))
    await this.events.append(tx, told)
  }

  say({ fileId, lockId }: DeadLock): void {
    this.logger.warn(
      { event: 'lock-expired', fileId, lockId },
      'a lock expired: its editors stopped refreshing it',
    )
  }

  /** For one that a caller found in the way: they have the lock already, and do not wait for this. */
  foundBy(dead: DeadLock): void {
    this.say(dead)
    const recorded = this.database
      .transaction((tx) => this.record(tx, [dead]))
      .catch((error: unknown) => {
        this.logger.warn({ error: String(error), fileId: dead.fileId }, 'an expiry could not be recorded')
      })
      .finally(() => this.underWay.delete(recorded))
    this.underWay.add(recorded)
  }

  /** A new session of the same editor took the lock of one whose people are all gone. */
  replaced({ fileId, lockId, holder }: { fileId: FileId; lockId: LockId; holder: UserId | null }): void {
    this.logger.warn(
      { event: 'lock-replaced', fileId, lockId, userId: holder ?? undefined },
      'a lock was replaced: all who had it are gone, and its editor came back with another id',
    )
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay)
  }
}
