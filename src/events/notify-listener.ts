import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { DatabaseClient } from '../database/database-client.js'
import { Logger } from '../logging/logger.js'
import { EVENT_CHANNEL } from './event-log.js'

const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 10_000
const PROBE_MS = 30_000
const ANSWER_MS = 10_000

/**
 * Rings when there are new events, whichever server recorded them. One connection for each process, beside the pool:
 * LISTEN belongs to its connection. A ring says "look", never what there is: whoever hears it reads the log, so that
 * a ring that is lost costs time and nothing else. It also rings after every reconnection.
 */
@Injectable()
export class NotifyListener implements OnApplicationShutdown {
  private readonly hearers = new Set<() => void>()
  private client: DatabaseClient | undefined
  private retry: NodeJS.Timeout | undefined
  private probe: NodeJS.Timeout | undefined
  private waitMs = FIRST_WAIT_MS
  private closed = false

  constructor(
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /** From now on `hear` is called at every ring. The connection is made for the first who listens. */
  listen(hear: () => void): void {
    this.hearers.add(hear)
    if (this.hearers.size === 1) this.connect()
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true
    clearTimeout(this.retry)
    clearInterval(this.probe)
    const patience = new Promise((resolve) => setTimeout(resolve, 1000).unref())
    await Promise.race([this.client?.end().catch(() => undefined), patience])
  }

  private connect(): void {
    const client = new DatabaseClient({
      connectionString: this.settings.databaseUrl,
      application_name: 'tandem events',
      connectionTimeoutMillis: 5000,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    })
    this.client = client
    client.on('notification', () => {
      this.notify()
    })
    // Both, since a connection that breaks reports either, or first the one and then the other.
    client.on('error', (error) => {
      this.lose(client, error)
    })
    client.on('end', () => {
      this.lose(client, new Error('the connection ended'))
    })
    this.hear(client).catch((error: unknown) => {
      this.lose(client, error)
    })
  }

  private async hear(client: DatabaseClient): Promise<void> {
    await client.connect()
    await client.query(`listen ${EVENT_CHANNEL}`)
    this.waitMs = FIRST_WAIT_MS
    // A peer that vanished without a word (a failover, a firewall) sends no end: only a question finds out.
    this.probe = setInterval(() => {
      client.query('select 1').catch((error: unknown) => {
        this.lose(client, error)
      })
    }, PROBE_MS).unref()
    this.notify()
  }

  private lose(client: DatabaseClient, error: unknown): void {
    if (this.client !== client) return
    this.client = undefined
    clearInterval(this.probe)
    void client.end().catch(() => undefined)
    if (this.closed) return
    this.logger.warn({ error: String(error) }, 'not told of new events; connecting again')
    this.retry = setTimeout(() => {
      this.connect()
    }, this.waitMs).unref()
    this.waitMs = Math.min(MAX_WAIT_MS, this.waitMs * 2)
  }

  private notify(): void {
    for (const hear of this.hearers) hear()
  }
}
