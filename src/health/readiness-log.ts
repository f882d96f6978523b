import { Injectable } from '@nestjs/common'
import type { HealthIndicatorResult } from '@nestjs/terminus'
import { Logger } from '../logging/logger.js'

/** Probes come every few seconds, and their answers are seen by a machine: people are told when the answer changes. */
@Injectable()
export class ReadinessLog {
  private said = ''

  constructor(private readonly logger: Logger) {}

  saw(details: HealthIndicatorResult): void {
    const down = Object.entries(details).filter(([, { status }]) => status === 'down')
    const reasons = down.map(([name, { reason }]) => `${name}: ${String(reason)}`).join('; ')
    if (reasons === this.said) return
    this.said = reasons
    if (reasons) this.logger.warn({ event: 'not-ready', reason: reasons }, 'this server wants no requests')
    else this.logger.info({ event: 'ready-again' }, 'this server is ready again')
  }
}
