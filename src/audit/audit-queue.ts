import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Database, type Statement } from '../database/database.js'
import { Logger } from '../logging/logger.js'
import type { AuditEvent } from './audit.service.js'

const GATHER_MS = 250
const AGAIN_MS = 1000
const BATCH = 500
const MAX_WAITING = 10_000
const MAX_KNOWN = 50_000

/**
 * Of those with one key the first is recorded, whichever server saw it. In the order of their keys, so that two servers
 * with the same ones do not wait for each other in a circle. $1 events as JSON, each key once
 */
const RECORD_ONCE: Statement<Record<string, never>, [string]> = {
  name: 'audit-once',
  text: `
    with given as (
      select * from jsonb_to_recordset($1::jsonb) as g (key text, actor text, action text, "objectId" text, outcome text,
        "correlationId" text, detail jsonb)
    ), fresh as (
      insert into audited_once (key) select key from given order by key on conflict do nothing returning key
    )
    insert into audit_event (actor, action, object_id, outcome, correlation_id, detail)
    select actor, action, "objectId", outcome, "correlationId", coalesce(detail, '{}') from given join fresh using (key)`,
}

/**
 * The audit of what happens again and again and changes nothing: reads by editors, and refusals. It is recorded once for
 * each key, in the background, so that no answer waits for it, and is written before a server that is told to stop has
 * stopped. What changes something is audited in its own transaction (`AuditService`).
 */
@Injectable()
export class AuditQueue implements OnApplicationShutdown {
  /** Recorded for certain. The oldest goes; should it come again, the database knows it. */
  private readonly known = new Set<string>()
  private waiting = new Map<string, AuditEvent>()
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /** @returns 'full' when it was not taken: the database has been away for long */
  note(key: string, event: AuditEvent): 'noted' | 'full' {
    if (this.known.has(key) || this.waiting.has(key)) return 'noted'
    if (this.waiting.size >= MAX_WAITING) return 'full'
    this.waiting.set(key, event)
    this.later(GATHER_MS)
    return 'noted'
  }

  /** The same for what must not happen unaudited. @throws when the queue is full and cannot be written */
  async require(key: string, event: AuditEvent): Promise<void> {
    if (this.note(key, event) === 'noted') return
    await this.write()
    this.note(key, event)
  }

  /** Everything noted before this call is written when it ends. @throws when it cannot be */
  write(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    const writing = this.writing.catch(() => undefined).then(() => this.writeWaiting())
    this.writing = writing
    return writing
  }

  async onApplicationShutdown(): Promise<void> {
    try {
      await this.write()
    } catch (error) {
      for (const event of this.waiting.values()) this.lose(event, String(error))
    } finally {
      clearTimeout(this.timer)
    }
  }

  /** The log is what is left then. */
  lose({ actor, action, objectId, outcome, correlationId }: AuditEvent, error: string): void {
    const facts = { event: 'audit-lost', actor, action, objectId, outcome, correlationId, error }
    this.logger.error(facts, 'what was read or refused is not in the audit')
  }

  private later(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.write().catch((error: unknown) => {
        const facts = { event: 'audit-late', error: String(error), waiting: this.waiting.size }
        this.logger.warn(facts, 'what was read or refused could not be audited; trying again')
        this.later(AGAIN_MS)
      })
    }, ms).unref()
  }

  private async writeWaiting(): Promise<void> {
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, BATCH)
      await this.database.query(RECORD_ONCE, [
        JSON.stringify(batch.map(([key, event]) => ({ key, ...event }))),
      ])
      for (const [key] of batch) {
        this.waiting.delete(key)
        this.remember(key)
      }
    }
  }

  private remember(key: string): void {
    const [oldest] = this.known.size < MAX_KNOWN ? [] : this.known
    if (oldest !== undefined) this.known.delete(oldest)
    this.known.add(key)
  }
}
