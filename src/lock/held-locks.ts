import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'
import type { ContainerId, FileId, LockId, UserId } from '../ids/ids.js'

/** A lock that holds its file at this moment, by the database's clock. */
export interface HeldLock {
  readonly file_id: FileId
  readonly file_name: string
  readonly container_id: ContainerId
  readonly kind: 'wopi' | 'exclusive' | 'coauth'
  /** '' and null for coauth locks: they are told one by one. */
  readonly lock_id: LockId
  readonly holder: UserId | null
  /** Why an exclusive lock was taken. */
  readonly reason: string | null
  readonly taken_at: Date
  readonly refreshed_at: Date
  readonly expires_at: Date
  /** Expired, and only its own id can still revive it. */
  readonly in_grace: boolean
  /** How many holders the file has had. */
  readonly epoch: string
  /** The head's version. */
  readonly version: string
  readonly coauth_locks: readonly HeldCoauthLock[]
}

/** Times in epoch milliseconds. */
export interface HeldCoauthLock {
  readonly lockId: LockId
  readonly type: 'Coauth' | 'CoauthExclusive'
  readonly holder: UserId
  readonly takenAt: number
  readonly refreshedAt: number
  readonly expiresAt: number
}

export interface LockFilter {
  readonly kind?: HeldLock['kind'] | undefined
  readonly holder?: UserId | undefined
  readonly fileId?: FileId | undefined
  /** Files in this container or anywhere below it. */
  readonly containerId?: ContainerId | undefined
}

/** Begins a statement on the files that something may hold, with what holds each of them at `now`. $1 grace ms */
const JUDGED = `
    with clock as materialized (select clock_timestamp() as now), candidates as (
      select file_id from file_lock where kind <> 'none' union select file_id from coauth_lock
    ), judged as (
      select l.*, clock.now,
        lock_state(l.kind, l.exact_expiry, l.expires_at, l.coauth_until, $1::float8, clock.now) as live_kind
      from clock, candidates join file_lock l using (file_id)
    )`

/** How many files are held: as many as HELD_LOCKS lists. $1 grace ms */
const COUNT_HELD: Statement<{ held: number }, [number]> = {
  name: 'count-held-locks',
  text: `${JUDGED} select count(*)::int as held from judged where live_kind <> 'none'`,
}

/**
 * A look without a row lock: it may be a moment old when it arrives, and never makes an editor wait. What has outlived
 * expiry and grace is an unlocked file (WOPI.md §7.2), swept up or not. One row per file and its id as the order:
 * nobody is skipped or told twice because somebody else's lock came or went between two pages.
 * $1 grace ms, $2 kind, $3 holder, $4 file, $5 container, $6 after file, $7 limit; null: any
 */
const HELD_LOCKS: Statement<
  HeldLock,
  [number, string | null, UserId | null, FileId | null, ContainerId | null, FileId | null, number]
> = {
  name: 'held-locks',
  text: `${JUDGED}, told as (
      select file_id, live_kind as kind, epoch, version, lock_id, holder, reason, taken_at, refreshed_at, expires_at,
        live_kind = 'wopi' and now >= expires_at as in_grace, '[]'::jsonb as coauth_locks
      from judged where live_kind in ('wopi', 'exclusive')
      union all
      select j.file_id, j.live_kind, j.epoch, j.version, '', null, null, k.taken_at, k.refreshed_at, j.coauth_until,
        false, coalesce(k.locks, '[]')
      from judged j, lateral (
        select min(c.acquired_at) as taken_at, max(c.refreshed_at) as refreshed_at,
          jsonb_agg(jsonb_build_object('lockId', c.lock_id, 'type', c.type, 'holder', c.user_id,
            'takenAt', epoch_ms(c.acquired_at), 'refreshedAt', epoch_ms(c.refreshed_at), 'expiresAt', epoch_ms(c.expires_at))
            order by c.acquired_at, c.lock_id) as locks
        from coauth_lock c where c.file_id = j.file_id and coauth_lock_is_live(c.expires_at, j.now)
      ) k
      where j.live_kind = 'coauth'
    )
    select l.*, f.name as file_name, f.container_id
    from told l join file f on f.id = l.file_id join container c on c.id = f.container_id
    where ($2::text is null or l.kind = $2)
      and ($3::text is null or l.holder = $3 or l.coauth_locks @> jsonb_build_array(jsonb_build_object('holder', $3::text)))
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
    { afterFileId, limit }: { afterFileId?: FileId | undefined; limit: number },
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

  /** All that `list` tells, however many pages that are. */
  async count(): Promise<number> {
    const [row] = await this.database.query(COUNT_HELD, [this.settings.lockGraceMs])
    return row?.held ?? 0
  }

  async find(fileId: FileId): Promise<HeldLock | undefined> {
    const [lock] = await this.list({ fileId }, { limit: 1 })
    return lock
  }
}
