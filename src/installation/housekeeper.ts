import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Logger } from '../logging/logger.js'
import { Caution } from './caution.js'

const EVERY_MS = 3600_000

interface Job {
  readonly what: string
  readonly work: () => Promise<unknown>
  running?: Promise<void> | undefined
}

/**
 * Everything that deletes for good by itself: once an hour, and only while `Caution` has nothing against it. Whoever
 * deletes by a timer of their own forgets to ask; `test/reliability/housekeeping.test.ts` looks for that.
 */
@Injectable()
export class Housekeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined
  private readonly jobs: Job[] = []

  constructor(
    private readonly caution: Caution,
    private readonly logger: Logger,
  ) {}

  /** @param what continues "could not …" */
  hourly(what: string, work: () => Promise<unknown>): void {
    this.jobs.push({ what, work })
  }

  /** Looks at once, so that readiness says from the start what is held. */
  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => {
      this.run().catch((error: unknown) => {
        this.logger.warn({ error: String(error) }, 'could not keep house; trying again in an hour')
      })
    }, EVERY_MS).unref()
    await this.look()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  /** A job that is still at work is not begun again. */
  async run(): Promise<void> {
    if (await this.look()) await Promise.all(this.jobs.map((job) => (job.running ??= this.runJob(job))))
  }

  private async look(): Promise<boolean> {
    try {
      const reason = await this.caution.look()
      if (reason === undefined) return true
      this.logger.warn({ event: 'housekeeping-held', reason }, 'nothing is deleted for good')
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'could not look before deleting; trying again in an hour')
    }
    return false
  }

  private async runJob(job: Job): Promise<void> {
    try {
      await job.work()
    } catch (error) {
      this.logger.warn({ error: String(error) }, `could not ${job.what}; trying again in an hour`)
    } finally {
      job.running = undefined
    }
  }
}
