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

const CLOCK = `with clock as materialized (select clock_timestamp() as now)`

/** What holds the file of a lock row `l` at `clock.now`. $1 grace ms */
const LIVE_KIND = `lock_state(l.kind, l.exact_expiry, l.expires_at, l.coauth_until, $1::float8, clock.now)`

/** How many files are held: as many as `list` tells. A lock row without a lock is looked at for coauth locks alone. $1 grace ms */
const COUNT_HELD: Statement<{ held: number }, [number]> = {
  name: 'count-held-locks',
  text: `${CLOCK}, held as (
      select l.file_id from clock, file_lock l
      where l.kind <> 'none' and ${LIVE_KIND} <> 'none'
      union all
      select file_id from clock, (select distinct file_id from coauth_lock) c, lateral (
        select from file_lock l where l.file_id = c.file_id and l.kind = 'none' and ${LIVE_KIND} <> 'none' offset 0
      ) l
    )
    select count(*)::int as held from held`,
}

/** A file that something may hold, with what holds it, if it is asked for. */
type CandidateRow = { readonly candidate: FileId } & (HeldLock | { readonly file_id: null })

/** $1–$6 of HELD_LOCKS. */
type LockPage = [number, string | null, UserId | null, FileId | null, FileId | null, number]

/**
 * A look without a row lock: it may be a moment old when it arrives, and never makes an editor wait. What has outlived
 * expiry and grace is an unlocked file (WOPI.md §7.2), swept up or not. One row per file and its id as the order:
 * nobody is skipped or told twice because somebody else's lock came or went between two pages.
 *
 * The next files that indexes find are judged, and no others: whoever wants a page of those that are held asks on behind
 * the last one. $1 grace ms, $2 kind, $3 holder, $4 file, $5 after file, $6 limit; null: any
 * @param within a condition on a lock `l`
 * @param found a query by name that it uses
 */
function heldLocks<Place extends readonly ContainerId[]>(
  name: string,
  within: string,
  found = '',
): Statement<CandidateRow, [...LockPage, ...Place]> {
  return {
    name,
    plan: 'anew',
    text: `${CLOCK}${found}, next as materialized (
      select file_id from (
        (select l.file_id from file_lock l
          where l.kind <> 'none' and $2::text is distinct from 'coauth' and ($2::text is null or l.kind = $2)
            and ($3::text is null or l.holder = $3) and ($4::text is null or l.file_id = $4)
            and ($5::text is null or l.file_id > $5)${within}
          order by l.file_id limit $6)
        union
        (select distinct l.file_id from coauth_lock l
          where ($2::text is null or $2 = 'coauth')
            and ($3::text is null or l.user_id = $3) and ($4::text is null or l.file_id = $4)
            and ($5::text is null or l.file_id > $5)${within}
          order by l.file_id limit $6)
      ) candidate order by file_id limit $6
    )
    select next.file_id as candidate, told.*
    from clock, next left join lateral (
      select l.file_id, j.kind, l.epoch, l.version, l.holder, l.reason, l.lock_id, l.taken_at, l.refreshed_at, l.expires_at,
        j.kind = 'wopi' and clock.now >= l.expires_at as in_grace, '[]'::jsonb as coauth_locks,
        f.name as file_name, f.container_id
      from file_lock l join file f on f.id = l.file_id, lateral (
        select ${LIVE_KIND} as kind
      ) j
      where l.file_id = next.file_id and j.kind in ('wopi', 'exclusive')
        and ($2::text is null or j.kind = $2) and ($3::text is null or l.holder = $3)
      union all
      select l.file_id, 'coauth', l.epoch, l.version, null, null, '', k.taken_at, k.refreshed_at, l.coauth_until,
        false, coalesce(k.locks, '[]'), f.name, f.container_id
      from file_lock l join file f on f.id = l.file_id, lateral (
        select min(c.acquired_at) as taken_at, max(c.refreshed_at) as refreshed_at, bool_or(c.user_id = $3) as is_holder,
          jsonb_agg(jsonb_build_object('lockId', c.lock_id, 'type', c.type, 'holder', c.user_id,
            'takenAt', epoch_ms(c.acquired_at), 'refreshedAt', epoch_ms(c.refreshed_at), 'expiresAt', epoch_ms(c.expires_at))
            order by c.acquired_at, c.lock_id) as locks
        from coauth_lock c where c.file_id = l.file_id and coauth_lock_is_live(c.expires_at, clock.now)
      ) k
      where l.file_id = next.file_id and ($2::text is null or $2 = 'coauth') and ($3::text is null or k.is_holder)
        and ${LIVE_KIND} = 'coauth'
    ) told on true
    order by next.file_id`,
  }
}

const HELD_LOCKS = heldLocks<[]>('held-locks', '')

/** Of the files in a container or anywhere below it: those that are there are asked for their locks. $7 container */
const HELD_LOCKS_WITHIN = heldLocks<[ContainerId]>(
  'held-locks-within',
  ' and l.file_id in (select id from here)',
  `, here as materialized (
      select f.id from file f join container c on c.id = f.container_id
      where f.deleted_at is null and c.ancestors @> array[$7::text]
    )`,
)

/** The same where those are very many: each lock is asked where its file is, until there are enough. $7 container */
const HELD_LOCKS_BELOW = heldLocks<[ContainerId]>(
  'held-locks-below',
  ` and (
      select c.ancestors @> array[$7::text] from file f join container c on c.id = f.container_id where f.id = l.file_id)`,
)

/** From so many files on there are likely to be locks enough among the first. */
const MANY_FILES = 10_000

/** $1 container */
const HAS_MANY_FILES: Statement<{ many: boolean }, [ContainerId]> = {
  name: 'has-many-files',
  text: `
    select count(*) = ${MANY_FILES} as many from (
      select from container c join file f on f.container_id = c.id and f.deleted_at is null
      where c.ancestors @> array[$1::text] limit ${MANY_FILES}
    ) found`,
}

/** Which files are locked, for people who look after them. */
@Injectable()
export class HeldLocks {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  async list(
    filter: LockFilter,
    { afterFileId, limit }: { afterFileId?: FileId | undefined; limit: number },
  ): Promise<HeldLock[]> {
    const held: HeldLock[] = []
    const next = await this.pages(filter, limit)
    for (let after = afterFileId; ;) {
      const candidates = await next(after)
      for (const one of candidates) if (one.file_id !== null) held.push(one)
      after = candidates.at(-1)?.candidate
      if (held.length >= limit || candidates.length < limit) return held.slice(0, limit)
    }
  }

  /** @returns the next page of candidates behind a file */
  private async pages(
    { kind, holder, fileId, containerId }: LockFilter,
    limit: number,
  ): Promise<(after: FileId | undefined) => Promise<CandidateRow[]>> {
    const page = (after: FileId | undefined): LockPage => [
      this.settings.lockGraceMs,
      kind ?? null,
      holder ?? null,
      fileId ?? null,
      after ?? null,
      limit,
    ]
    if (containerId === undefined) return (after) => this.database.query(HELD_LOCKS, page(after))
    const [container] = fileId === undefined ? await this.database.query(HAS_MANY_FILES, [containerId]) : []
    const within = container && !container.many ? HELD_LOCKS_WITHIN : HELD_LOCKS_BELOW
    return (after) => this.database.query(within, [...page(after), containerId])
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
