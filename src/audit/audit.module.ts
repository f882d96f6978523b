import { Module } from '@nestjs/common'
import { AuditQueue } from './audit-queue.js'
import { AuditTrail } from './audit-trail.js'
import { AuditService } from './audit.service.js'
import { AuditedOncePurger } from './audited-once-purger.js'
import { RefusalAudit } from './refusal-audit.js'

const services = [AuditService, AuditTrail, AuditQueue, RefusalAudit]

@Module({ providers: [...services, AuditedOncePurger], exports: services })
export class AuditModule {}
