import { Module } from '@nestjs/common'
import { AuditTrail } from './audit-trail.js'
import { AuditService } from './audit.service.js'

@Module({ providers: [AuditService, AuditTrail], exports: [AuditService, AuditTrail] })
export class AuditModule {}
