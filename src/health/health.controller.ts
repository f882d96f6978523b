import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus'
import type { ServerResponse } from 'node:http'
import { Answer } from '../http/answer.js'
import { DeclareAccess } from '../http/access.js'
import { InstallationCheck } from './installation-check.js'
import { Metrics } from './metrics.js'
import { ReadinessLog } from './readiness-log.js'
import { Readiness } from './readiness.js'

/** Probes for the orchestrator, which restarts what is not alive and asks nothing of what is not ready. */
@ApiExcludeController()
@Controller()
@DeclareAccess('public')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: Readiness,
    private readonly readinessLog: ReadinessLog,
    private readonly installation: InstallationCheck,
    private readonly metrics: Metrics,
  ) {}

  /** The process answers. Nothing else is asked: restarting Tandem does not bring a database back. */
  @Get('health/live')
  live(): { status: 'ok' } {
    return { status: 'ok' }
  }

  @Get('health/ready')
  @HealthCheck()
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<HealthCheckResult> {
    try {
      const result = await this.check()
      this.readinessLog.saw(result.details)
      return result
    } catch (error) {
      response.setHeader('Retry-After', '5')
      if (error instanceof ServiceUnavailableException)
        this.readinessLog.saw((error.getResponse() as HealthCheckResult).details)
      throw error
    }
  }

  @Get('metrics')
  async scrape(): Promise<Answer> {
    return new Answer(200, { 'Content-Type': this.metrics.contentType }, await this.metrics.text())
  }

  private check(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.accepting(),
      () => this.readiness.databaseReachable(),
      () => this.readiness.durable(),
      () => this.readiness.storageWritable(),
      () => this.installation.paired(),
    ])
  }
}
