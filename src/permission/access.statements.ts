import type { Statement } from '../database/database.js'
import type { ContainerId, FileId, TokenId, UserId } from '../ids/ids.js'

/**
 * Who, what and which right, in one look at the live state: the token's record, its user, the file, and the strongest
 * role the user has on it through ownership, grants, groups or containers. $1 jti, $2 user, $3 file
 */
export const FILE_ACCESS = fileAccess('file-access', 'null::boolean')

/**
 * The same for native clients, who are told as well whether anybody but the owner may open the file (WOPI.md §5): by a
 * grant, a link, or the ownership of a container around it.
 */
export const FILE_ACCESS_PLUS = fileAccess(
  'file-access-plus',
  `exists (select from access_grant g where g.object_id = any (c.ancestors || f.id) and g.subject <> 'user:' || f.owner_id)
      or exists (select from open_share_link s where s.object_id = any (c.ancestors || f.id))
      or exists (select from container o where o.id = any (c.ancestors) and o.owner_id <> f.owner_id)`,
)

/** The same of a file in the bin, which no call may know, so that the save of whoever was editing it can be kept. */
export const BINNED_ACCESS = fileAccess('binned-access', 'null::boolean', 'not null')

/** Of a file among the others, or in the bin. */
type DeletedAt = 'null' | 'not null'

function fileAccess(
  name: string,
  isShared: string,
  deletedAt: DeletedAt = 'null',
): Statement<FileAccessRow, [TokenId, UserId, FileId]> {
  return {
    name,
    text: `
    select t.mode,
      token_state(t.revoked_at, t.expires_at, u.disabled_at, clock_timestamp()) as token,
      extract(epoch from t.expires_at)::float8 as expires_at,
      extract(epoch from clock_timestamp() - least(t.revoked_at, t.expires_at))::float8 as dead_seconds,
      u.display_name, u.principal_name, u.user_info,
      f.name, f.container_id, f.owner_id, f.version, f.sequence_number, f.size, f.sha256, f.blob, ${isShared} as shared,
      iso_time(f.modified_at) as modified_at,
      rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) as rank, t.web_session,
      exists (
        select from file_lock l where l.file_id = f.id and l.kind = 'exclusive'
          and lock_is_live(l.kind, l.exact_expiry, l.expires_at, 0, clock_timestamp())
      ) as closed, f.deleted_at is not null as in_bin
    from access_token t
    join user_account u on u.id = t.user_id
    left join file f on f.id = t.resource_id and f.deleted_at is ${deletedAt}
    left join container c on c.id = f.container_id
    where t.jti = $1 and t.user_id = $2 and t.resource_kind = 'file' and t.resource_id = $3`,
  }
}

export interface FileAccessRow {
  readonly mode: 'view' | 'edit'
  readonly token: 'live' | 'expired' | 'revoked'
  /** Epoch seconds: `pg` needs ten times as long to make a Date of a timestamp. */
  readonly expires_at: number
  /** Seconds since the token expired or was revoked, whichever came first; negative while it lives. */
  readonly dead_seconds: number
  readonly display_name: string
  readonly principal_name: string | null
  readonly user_info: string | null
  /** The file's columns are null when it does not exist (any more). */
  readonly name: string | null
  readonly container_id: ContainerId
  readonly owner_id: UserId
  readonly version: string
  readonly sequence_number: number
  /** Null where it was not asked. */
  readonly shared: boolean | null
  readonly size: string
  readonly sha256: string
  readonly blob: string
  readonly modified_at: string
  readonly rank: number
  readonly web_session: string | null
  readonly closed: boolean
  readonly in_bin: boolean
}

/** The same right without a token, for the REST face and inside a save's transaction. $1 user, $2 file */
export const FILE_RANK = fileRank('file-rank', 'null')

/** The right to a file in the bin: as it was, and as it would be again. $1 user, $2 file */
export const BINNED_RANK = fileRank('binned-rank', 'not null')

function fileRank(name: string, deletedAt: DeletedAt): Statement<{ rank: number }, [UserId, FileId]> {
  return {
    name,
    text: `
    select rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) as rank
    from file f join container c on c.id = f.container_id
    join user_account u on u.id = $1 and u.disabled_at is null
    where f.id = $2 and f.deleted_at is ${deletedAt}`,
  }
}

/** Has this person any right to the file but what links give them? $1 user, $2 file */
export const HAS_OWN_RIGHT: Statement<{ own: boolean }, [UserId, FileId]> = {
  name: 'has-own-right',
  text: `
    select own_rank(u.id, u.groups, f.id, f.owner_id, c.ancestors) > 0 as own
    from file f join container c on c.id = f.container_id join user_account u on u.id = $1
    where f.id = $2`,
}

/** Everybody may see that there is a root, and in it what is theirs. $1 user, $2 container */
export const CONTAINER_RANK: Statement<{ rank: number }, [UserId, ContainerId]> = {
  name: 'container-rank',
  text: `
    select container_rank(u.id, u.groups, c.id, c.parent_id, c.owner_id, c.ancestors) as rank
    from container c join user_account u on u.id = $1 and u.disabled_at is null
    where c.id = $2`,
}

/** Are token and right good at this very moment? Asked again inside a save's transaction. $1 jti, $2 user, $3 file */
export const STILL_GOOD: Statement<
  { token: 'live' | 'expired' | 'revoked'; rank: number },
  [TokenId, UserId, FileId]
> = {
  name: 'still-good',
  text: `
    select token_state(t.revoked_at, t.expires_at, u.disabled_at, clock_timestamp()) as token,
      rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) as rank
    from access_token t join user_account u on u.id = t.user_id, file f join container c on c.id = f.container_id
    where t.jti = $1 and t.user_id = $2 and f.id = $3`,
}

/**
 * When a grant or a share link that let this person edit, here or above, was last taken away or lowered, in the last
 * $3 ms. The audit trail is the one place that knows. $1 user, $2 file
 */
export const EDIT_RIGHT_TAKEN: Statement<{ taken_at: Date | null }, [UserId, FileId, number]> = {
  name: 'edit-right-taken',
  text: `
    select max(a.at) as taken_at
    from file f join container c on c.id = f.container_id join user_account u on u.id = $1
    join audit_event a on a.object_id = any (c.ancestors || f.id)
    where f.id = $2 and a.action in ('grant', 'grant-removed', 'share-link-revoked')
      and a.at > clock_timestamp() - $3::float8 * interval '1 ms'
      and case a.action
        when 'share-link-revoked' then a.detail->>'role' = 'editor' and exists (
          select from share_link_holder h where h.user_id = u.id and h.link_id = a.detail->>'link')
        else subject_covers(a.detail->>'subject', u.id, u.groups)
          and case a.action when 'grant-removed' then role_rank(a.detail->>'role') >= 2
              else role_rank(a.detail->>'previousRole') >= 2 and role_rank(a.detail->>'role') < 2 end
        end`,
}

/** Which of the named users ever got an edit token for the file. $1 file, $2 user ids */
export const KNOWN_EDITORS: Statement<{ user_id: UserId }, [FileId, readonly string[]]> = {
  name: 'known-editors',
  text: `
    select distinct user_id from access_token
    where resource_id = $1 and user_id = any ($2) and mode = 'edit' order by user_id`,
}
