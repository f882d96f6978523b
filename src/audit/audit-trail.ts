import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../database/database.js'

export interface AuditRow {
  /** Decimal; grows. */
  readonly id: string
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly object_id: string
  readonly outcome: string
  readonly correlation_id: string | null
  readonly detail: Record<string, unknown>
}

export interface AuditFilter {
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly object?: string | undefined
  readonly outcome?: string | undefined
  /** From this instant on. */
  readonly from?: string | undefined
  /** Before this instant. */
  readonly to?: string | undefined
  readonly correlationId?: string | undefined
}

/**
 * Newest first, by the database's clock, and by id within a microsecond: what is recorded meanwhile comes before the first
 * page and moves nothing. A cursor is the last row's id; nothing is ever deleted here, so its time can be looked up.
 * $1 actor, $2 action, $3 object, $4 outcome, $5 from, $6 to, $7 correlation id, $8 before id, $9 limit; null: any
 */
const AUDIT_TRAIL: Statement<
  AuditRow,
  [
    string | null,
    string | null,
    string | null,
    string | null,
    string | null,
    string | null,
    string | null,
    string | null,
    number,
  ]
> = {
  name: 'audit-trail',
  plan: 'anew',
  text: `
    select id, at, actor, action, object_id, outcome, correlation_id, detail from audit_event
    where ($1::text is null or actor = $1) and ($2::text is null or action = $2)
      and ($3::text is null or object_id = $3) and ($4::text is null or outcome = $4)
      and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
      and ($7::text is null or correlation_id = $7)
      and ($8::bigint is null or (at, id) < ((select last.at from audit_event last where last.id = $8), $8))
    order by at desc, id desc limit $9`,
}

/** Reads what `AuditService` recorded. */
@Injectable()
export class AuditTrail {
  constructor(private readonly database: Database) {}

  async list(filter: AuditFilter, beforeId: string | undefined, limit: number): Promise<AuditRow[]> {
    const { actor, action, object, outcome, from, to, correlationId } = filter
    return this.database.query(AUDIT_TRAIL, [
      actor ?? null,
      action ?? null,
      object ?? null,
      outcome ?? null,
      from ?? null,
      to ?? null,
      correlationId ?? null,
      beforeId ?? null,
      limit,
    ])
  }
}
