import type PgBoss from 'pg-boss'
import type { Database, Statement, Tx } from '../database/database.js'
import type { EventKind } from '../events/event-kind.js'
import { eventView, type EventLog, type RecordedEvent } from '../events/event-log.js'
import type { Receiver } from './receiver.js'
import type { WebhookJob } from './webhook-jobs.js'
import { BEHIND, INTRODUCE, MOVE_CURSOR, TAKE_CURSOR } from './webhook.statements.js'

/** What receivers are told of: what somebody has to act upon, and the frame of a session. */
const TOLD: ReadonlySet<EventKind> = new Set([
  'content-damaged',
  'kind-changed',
  'session-started',
  'session-ended',
  'save-refused',
  'lock-expired',
  'recovery-item',
])

/** News of yesterday is none: so long at most a receiver is told what happened while it was not configured. */
const OLDEST_MS = 24 * 3600 * 1000
const PAGE = 100

/**
 * Makes a delivery of every event, once for each receiver, whatever is killed and however many servers there are.
 *
 * A cursor row for each receiver says how far it came; the cursor moves in the transaction that adds the jobs, under
 * the row's lock. So a job is there exactly if the cursor has passed its event: a server that dies in between leaves
 * neither, and the next one begins at the same event. Nothing is passed over, because ids become visible in their
 * order (EventLog.append). A singleton key could not promise as much: pg-boss forgets keys with their finished jobs,
 * and nobody would know which events of a killed server still have to be given one.
 */
export class WebhookEnqueuer {
  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly boss: PgBoss,
    private readonly receiver: Receiver,
  ) {}

  async introduce(): Promise<void> {
    await this.database.query(INTRODUCE, [this.receiver.id])
  }

  /** @returns whether there are new deliveries */
  async handOver(): Promise<boolean> {
    let added = false
    while ((await this.database.query(BEHIND, [this.receiver.id])).length > 0) {
      if (await this.database.transaction((tx) => this.handOverPage(tx))) added = true
    }
    return added
  }

  private async handOverPage(tx: Tx): Promise<boolean> {
    const [cursor] = await tx.query(TAKE_CURSOR, [this.receiver.id])
    if (!cursor) return false
    const page = await this.events.after(cursor.last_event_id, { limit: PAGE }, tx)
    const last = page.at(-1)
    if (!last) return false
    const jobs = page.filter(isNews).map((event) => jobOf(event, this.receiver))
    for (const job of jobs) await this.add(tx, job)
    await tx.query(MOVE_CURSOR, [this.receiver.id, last.id])
    return jobs.length > 0
  }

  private async add(tx: Tx, job: WebhookJob): Promise<void> {
    const { queue } = this.receiver
    // pg-boss hands out its own statement, to be run in our transaction.
    const executeSql = async (text: string, values: unknown[]): Promise<{ rows: object[] }> => {
      const statement: Statement<Record<string, unknown>, unknown[]> = { name: 'webhook-add-job', text }
      return { rows: await tx.query(statement, values) }
    }
    // Without its queue a job is dropped in silence.
    if ((await this.boss.send(queue, job, { db: { executeSql } })) === null) {
      throw new Error(`the queue ${queue} did not take a delivery`)
    }
  }
}

function isNews({ kind, at }: RecordedEvent): boolean {
  return TOLD.has(kind) && at.getTime() > Date.now() - OLDEST_MS
}

function jobOf(event: RecordedEvent, receiver: Receiver): WebhookJob {
  const { id, kind } = event
  return { delivery: `${receiver.id}-${id}`, kind, body: JSON.stringify(eventView(event)) }
}
