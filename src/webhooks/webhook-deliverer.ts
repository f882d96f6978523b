import type PgBoss from 'pg-boss'
import type { Logger } from '../logging/logger.js'
import type { Receiver } from './receiver.js'
import { callReceiver } from './webhook-call.js'
import type { WebhookJob } from './webhook-jobs.js'

const AT_ONCE = 4
const LOOK_MS = 1000

/**
 * Works off the deliveries of one receiver, some at a time, so that a slow receiver delays nobody else's.
 *
 * It asks pg-boss for jobs itself instead of using its `work`: that completes jobs in the background, where a
 * database that is away becomes an unhandled rejection, and with it the end of the process.
 */
export class WebhookDeliverer {
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> | undefined
  private woken = false
  private stopping = false

  constructor(
    private readonly boss: PgBoss,
    private readonly receiver: Receiver,
    private readonly secret: Buffer,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.wake()
    }, LOOK_MS).unref()
    this.wake()
  }

  wake(): void {
    this.woken = true
    this.running ??= this.workOff()
      .catch((error: unknown) => {
        this.logger.warn({ error: String(error) }, 'could not look for webhook deliveries; trying again soon')
      })
      .finally(() => (this.running = undefined))
  }

  /** What is on its way is finished: 10 s at most. */
  async stop(): Promise<void> {
    this.stopping = true
    clearInterval(this.timer)
    await this.running
  }

  private async workOff(): Promise<void> {
    while (this.woken && !this.stopping) {
      this.woken = false
      const jobs = await this.boss.fetch<WebhookJob>(this.receiver.queue, {
        batchSize: AT_ONCE,
        includeMetadata: true,
      })
      await Promise.all(jobs.map((job) => this.deliver(job)))
      if (jobs.length > 0) this.woken = true
    }
  }

  private async deliver({
    id,
    data,
    retryCount,
    retryLimit,
  }: PgBoss.JobWithMetadata<WebhookJob>): Promise<void> {
    const { queue } = this.receiver
    try {
      await callReceiver(this.receiver.url, this.secret, data)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const facts = { receiver: this.receiver.id, delivery: data.delivery, try: retryCount + 1, reason }
      if (retryCount < retryLimit)
        this.logger.warn({ event: 'webhook-failed', ...facts }, 'a webhook was not taken; trying again later')
      else this.logger.error({ event: 'webhook-lost', ...facts }, 'a webhook was never taken; given up')
      await this.boss.fail(queue, id, { reason })
      return
    }
    await this.boss.complete(queue, id)
  }
}
