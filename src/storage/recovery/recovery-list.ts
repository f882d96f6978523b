import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import type { RecoveryItem } from './recovery-item.entity.js'

/** A recovery item with what its file is called, and what it holds by now. */
export interface ListedItem extends RecoveryItem {
  readonly fileName: string
  readonly headSha256: string
  readonly cursor: string
}

export interface RecoveryFilter {
  readonly file?: string | undefined
  /** Whose token the refused save came with. */
  readonly user?: string | undefined
  readonly reason?: string | undefined
  readonly open?: 'true' | 'false' | undefined
}

export interface RecoveryCursor {
  readonly at: string
  readonly id: string
}

/**
 * Newest first: what is refused meanwhile comes before the first page and moves nothing.
 * $1 file, $2 user, $3 reason, $4 open, $5 before at, $6 before id, $7 limit; null: any
 */
const LIST_ITEMS: Statement<
  ListedItem,
  [string | null, string | null, string | null, string | null, string | null, string | null, number]
> = {
  name: 'list-recovery-items',
  plan: 'anew',
  text: `
    select r.id, r.file_id as "fileId", r.reason, r.user_id as "userId", r.editors, r.base_version as "baseVersion",
      r.base_modified_at as "baseModifiedAt", r.returned_version as "returnedVersion",
      r.returned_unchanged as "returnedUnchanged",
      r.correlation_id as "correlationId", r.blob, r.size, r.sha256, r.at, r.resolved_at as "resolvedAt",
      r.resolution, r.at::text as cursor, f.name as "fileName", f.sha256 as "headSha256"
    from recovery_item r join file f on f.id = r.file_id
    where ($1::text is null or r.file_id = $1) and ($2::text is null or r.user_id = $2)
      and ($3::text is null or r.reason = $3) and ($4::text is null or ($4 = 'true') = (r.resolved_at is null))
      and ($5::timestamptz is null or (r.at, r.id) < ($5::timestamptz, $6::text))
    order by r.at desc, r.id desc limit $7`,
}

/** The refused saves of all files, for administrators. */
@Injectable()
export class RecoveryList {
  constructor(private readonly database: Database) {}

  async list(
    { file, user, reason, open }: RecoveryFilter,
    before: RecoveryCursor | undefined,
    limit: number,
  ): Promise<ListedItem[]> {
    return this.database.query(LIST_ITEMS, [
      file ?? null,
      user ?? null,
      reason ?? null,
      open ?? null,
      before?.at ?? null,
      before?.id ?? null,
      limit,
    ])
  }
}
