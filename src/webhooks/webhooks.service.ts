import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import type PgBoss from 'pg-boss'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import { patiently } from '../database/patience.js'
import { NotifyListener } from '../events/notify-listener.js'
import { EventLog } from '../events/event-log.js'
import { Logger } from '../logging/logger.js'
import { receiverAt } from './receiver.js'
import { WebhookDeliverer } from './webhook-deliverer.js'
import { WebhookEnqueuer } from './webhook-enqueuer.js'
import { webhookJobs } from './webhook-jobs.js'

/** Looks at least so often: the bell may be deaf for a while. */
const MAX_SILENCE_MS = 15_000
const AFTER_FAILURE_MS = 2000

interface Line {
  readonly enqueuer: WebhookEnqueuer
  readonly deliverer: WebhookDeliverer
}

/** Tells programs elsewhere what happened: `WEBHOOK_URL`. Without one nothing is started. */
@Injectable()
export class WebhooksService implements OnApplicationBootstrap, OnApplicationShutdown {
  private boss: PgBoss | undefined
  private lines: readonly Line[] = []
  private timer: NodeJS.Timeout | undefined
  private handingOver: Promise<void> | undefined
  private rung = false
  private stopping = false

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly listener: NotifyListener,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { webhooks, databaseUrl } = this.settings
    if (!webhooks) return
    const boss = await patiently(
      () => this.started(webhookJobs(databaseUrl, { supervise: true })),
      (reason) => {
        this.logger.warn({ event: 'database-awaited', reason }, 'waiting for the database')
      },
    )
    this.boss = boss
    this.lines = webhooks.urls.map(receiverAt).map((receiver) => ({
      enqueuer: new WebhookEnqueuer(this.database, this.events, boss, receiver),
      deliverer: new WebhookDeliverer(boss, receiver, webhooks.secret, this.logger),
    }))
    for (const { enqueuer, deliverer } of this.lines) {
      await enqueuer.introduce()
      deliverer.start()
    }
    this.listener.listen(() => {
      this.look()
    })
    this.timer = setInterval(() => {
      this.look()
    }, MAX_SILENCE_MS).unref()
    this.look()
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true
    clearInterval(this.timer)
    await Promise.all([this.handingOver, ...this.lines.map(({ deliverer }) => deliverer.stop())])
    await this.boss?.stop({ graceful: false })
  }

  private async started(boss: PgBoss): Promise<PgBoss> {
    boss.on('error', (error) => {
      this.logger.warn({ error: String(error) }, 'the webhook queue has trouble with the database')
    })
    try {
      return await boss.start()
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined)
      throw error
    }
  }

  private look(): void {
    this.rung = true
    this.handingOver ??= this.handOver()
  }

  private async handOver(): Promise<void> {
    try {
      while (this.rung && !this.stopping) {
        this.rung = false
        for (const line of this.lines) await this.handOverFor(line)
      }
    } finally {
      // In the same breath as the last look at `rung`: a ring in between would be heard by nobody.
      this.handingOver = undefined
    }
  }

  private async handOverFor({ enqueuer, deliverer }: Line): Promise<void> {
    try {
      if (await enqueuer.handOver()) deliverer.wake()
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'could not queue webhooks; trying again soon')
      setTimeout(() => {
        this.look()
      }, AFTER_FAILURE_MS).unref()
    }
  }
}
