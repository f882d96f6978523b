import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import type { ClientFamily } from './application-profile.js'
import { Presence } from './presence.js'

/** Who has a file open, for those who may not have it now. */
export interface LockHolder {
  readonly kind: 'wopi' | 'exclusive' | 'coauth'
  /** '' unless it is a WOPI lock. */
  readonly lockId: LockId
  readonly userId: UserId
  readonly displayName: string
  readonly takenAt: Date
  /** A name in EDITORS, if the lock was taken from a page that was opened through us. */
  readonly editor: string | undefined
  /** What its calls told of its product; Office's tell nothing. */
  readonly family: ClientFamily | undefined
  /** How many others have coauth locks. */
  readonly others: number
  /** The operator's, of an exclusive lock. */
  readonly reason: string
}

interface HolderRow {
  readonly kind: LockHolder['kind']
  readonly lock_id: LockId
  readonly holder: UserId
  readonly display_name: string
  readonly taken_at: number
  readonly reason: string | null
  readonly token_id: TokenId | null
  readonly editor: string | null
  readonly family: ClientFamily | null
  readonly others: number
}

/**
 * Without a row lock, as `HeldLocks` looks: it may be a moment old. Only for whoever may edit the file, as its status is
 * (RELIABILITY-SECURITY.md §3.7). Who took the lock is known for that holding alone. $1 file, $2 token, $3 its user, $4 grace ms
 */
const HOLDER: Statement<HolderRow, [FileId, TokenId, UserId, number]> = {
  name: 'lock-holder',
  text: `
    with held as (
      select 'coauth' as kind, '' as lock_id, c.user_id as holder, c.acquired_at as taken_at, null as reason,
        c.token_id, null as editor, count(*) over () - 1 as others
      from coauth_lock c where c.file_id = $1 and coauth_lock_is_live(c.expires_at, clock_timestamp())
      union all
      select l.kind, case l.kind when 'wopi' then l.lock_id else '' end, l.holder, l.taken_at, l.reason,
        case when l.editor_epoch = l.epoch then l.token_id end, case when l.editor_epoch = l.epoch then l.editor end, 0
      from file_lock l where l.file_id = $1
        and lock_is_live(l.kind, l.exact_expiry, l.expires_at, $4::float8, clock_timestamp()) and l.holder is not null
    )
    select h.kind, h.lock_id, h.holder, coalesce(u.display_name, h.holder) as display_name, epoch_ms(h.taken_at) as taken_at,
      h.reason, h.token_id, h.editor, h.others::int as others, (
        select p.family from coauth_participant p join coauth_session s on s.id = p.session_id
        where s.file_id = $1 and p.jti = h.token_id order by s.started_at desc limit 1) as family
    from held h left join user_account u on u.id = h.holder
    where token_is_authorized($2, $3, $1, 'edit', 2)
    order by h.kind = 'coauth', h.taken_at limit 1`,
}

/** Says who holds a file's lock to whoever meets it. */
@Injectable()
export class LockHolders {
  constructor(
    private readonly database: Database,
    private readonly presence: Presence,
    private readonly settings: Settings,
  ) {}

  /** @returns undefined when nobody holds it, or the caller may not know */
  async of(fileId: FileId, caller: { jti: TokenId; userId: UserId }): Promise<LockHolder | undefined> {
    const [row] = await this.database.query(HOLDER, [
      fileId,
      caller.jti,
      caller.userId,
      this.settings.lockGraceMs,
    ])
    if (!row) return undefined
    return {
      kind: row.kind,
      lockId: row.lock_id,
      userId: row.holder,
      displayName: row.display_name,
      takenAt: new Date(row.taken_at),
      editor: row.editor ?? undefined,
      family: this.familyOf(row),
      others: row.others,
      reason: row.reason ?? '',
    }
  }

  /** `microsoft` is what everybody is who shows no mark of another. */
  private familyOf({ token_id: jti, family }: HolderRow): ClientFamily | undefined {
    const lately = jti === null ? [] : this.presence.recordedLately(jti).map((seen) => seen.family)
    return [...lately, family].find((one) => one !== null && one !== 'microsoft') ?? undefined
  }
}
