import { Injectable } from '@nestjs/common'
import { AuditQueue } from './audit-queue.js'

const HOUR_MS = 3600_000

/** In the audit where nobody knows who it was: no person's id has a bracket. */
export const SOMEBODY = '(unknown)'

export interface Refusal {
  readonly actor: string
  readonly action: 'access-refused' | 'sign-in-refused'
  /** Something that exists, or the name of a call: never what the caller made up. */
  readonly objectId: string
  readonly reason: string
  readonly correlationId: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Who was refused what: once an hour for each person, object and reason, so that no flood of them fills the audit. */
@Injectable()
export class RefusalAudit {
  constructor(private readonly queue: AuditQueue) {}

  refused({ reason, ...event }: Refusal): void {
    const hour = Math.floor(Date.now() / HOUR_MS)
    const key = `${event.action} ${event.actor} ${event.objectId} ${reason} ${hour}`
    const row = { ...event, outcome: reason }
    if (this.queue.note(key, row) === 'full') this.queue.lose(row, 'too many wait for the database')
  }
}
