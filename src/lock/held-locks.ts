import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'

/** A lock that holds its file at this moment, by the database's clock. */
export interface HeldLock {
  readonly file_id: string
  readonly file_name: string
  readonly container_id: string
  readonly kind: 'wopi' | 'exclusive'
  readonly lock_id: string
  readonly holder: string
  /** Why an exclusive lock was taken. */
  readonly reason: string | null
  readonly taken_at: Date
  readonly refreshed_at: Date
  readonly expires_at: Date
  /** Expired, and only its own id can still revive it (SEEDS.md §2). */
  readonly in_grace: boolean
  /** How many holders the file has had. */
  readonly epoch: string
  /** The head's version. */
  readonly version: string
}

export interface LockFilter {
  readonly kind?: HeldLock['kind'] | undefined
  readonly holder?: string | undefined
  readonly fileId?: string | undefined
  /** Files in this container or anywhere below it. */
  readonly containerId?: string | undefined
}

/**
 * A look without a row lock: it may be a moment old when it arrives, and never makes an editor wait. What has outlived
 * expiry and grace is an unlocked file (WOPI.md §7.2), swept up or not. One row per file and its id as the order:
 * nobody is skipped or told twice because somebody else's lock came or went between two pages.
 * $1 grace ms, $2 kind, $3 holder, $4 file, $5 container, $6 after file, $7 limit; null: any
 */
const HELD_LOCKS: Statement<HeldLock> = {
  name: 'held-locks',
  text: `
    with clock as materialized (select clock_timestamp() as now)
    select l.file_id, f.name as file_name, f.container_id, l.kind, l.lock_id, l.holder, l.reason, l.taken_at,
      l.refreshed_at, l.expires_at, clock.now >= l.expires_at as in_grace, l.epoch, l.version
    from clock, file_lock l join file f on f.id = l.file_id join container c on c.id = f.container_id
    where l.kind <> 'none'
      and clock.now < l.expires_at + case l.kind when 'wopi' then $1::float8 * interval '1 ms' else interval '0' end
      and ($2::text is null or l.kind = $2) and ($3::text is null or l.holder = $3)
      and ($4::text is null or l.file_id = $4) and ($5::text is null or $5 = any (c.ancestors))
      and ($6::text is null or l.file_id > $6)
    order by l.file_id limit $7`,
}

/** Which files are locked, for people who look after them. */
@Injectable()
export class HeldLocks {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  async list(
    { kind, holder, fileId, containerId }: LockFilter,
    { afterFileId, limit }: { afterFileId?: string | undefined; limit: number },
  ): Promise<HeldLock[]> {
    return this.database.query(HELD_LOCKS, [
      this.settings.lockGraceMs,
      kind ?? null,
      holder ?? null,
      fileId ?? null,
      containerId ?? null,
      afterFileId ?? null,
      limit,
    ])
  }

  async find(fileId: string): Promise<HeldLock | undefined> {
    const [lock] = await this.list({ fileId }, { limit: 1 })
    return lock
  }
}
