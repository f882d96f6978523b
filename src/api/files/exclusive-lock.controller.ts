import { Controller, Delete, HttpCode, Param, Post, Req } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { AuditService } from '../../audit/audit.service.js'
import type { Tx } from '../../database/database.js'
import { correlationId } from '../../http/correlation-id.js'
import type { FileId, LockId } from '../../ids/ids.js'
import { LockService } from '../../lock/lock.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import { BearerAccess, Caller } from '../http/api-access.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { beingEdited } from './editing-conflict.js'
import { JsonBody, reason } from '../http/json-body.js'
import { EditingConflict } from './editing-conflict.js'

const lockBody = z.strictObject({
  reason,
  ttlSeconds: z.int().min(1).max(86_400),
})

@ApiTags('exclusive lock')
@Controller('api/v1/files/:id/exclusive-lock')
@BearerAccess()
export class ExclusiveLockController {
  constructor(
    private readonly changes: Changes,
    private readonly locks: LockService,
    private readonly audit: AuditService,
    private readonly conflict: EditingConflict,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Keep editors out for a batch job or maintenance: 409 while somebody edits' })
  async take(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
    @JsonBody(lockBody) { reason: why, ttlSeconds }: z.infer<typeof lockBody>,
  ): Promise<unknown> {
    const take = async (tx: Tx): Promise<unknown> => {
      const outcome = await this.locks.lockExclusively(tx, id, {
        lockId: randomBytes(16).toString('hex') as LockId,
        holder: caller.id,
        reason: why,
        lifetimeMs: ttlSeconds * 1000,
      })
      if (!outcome) throw new ApiProblem('not-found', 'The file was deleted meanwhile.')
      if (!outcome.granted) {
        if (outcome.current.kind === 'none') throw new Error('an unlocked file refused a lock')
        throw beingEdited(outcome.current)
      }
      const event = { actor: caller.id, action: 'exclusive-lock', objectId: id, outcome: 'done' } as const
      await this.audit.record(tx, {
        ...event,
        correlationId: correlationId(request),
        detail: { reason: why, ttlSeconds },
      })
      return { fileId: id, holder: caller.id, reason: why, ttlSeconds, version: outcome.version }
    }
    return this.conflict.named(id, () => this.changes.toFile(caller, id, 'owner', take))
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Let editors in again' })
  async release(
    @Req() request: IncomingMessage,
    @Caller() caller: ApiUser,
    @Param('id') id: FileId,
  ): Promise<void> {
    await this.changes.toFile(caller, id, 'owner', async (tx) => {
      const outcome = await this.locks.unlockExclusive(tx, id)
      if (!outcome?.granted) throw new ApiProblem('not-found', 'The file has no exclusive lock.')
      const event = { actor: caller.id, action: 'exclusive-unlock', objectId: id, outcome: 'done' } as const
      await this.audit.record(tx, { ...event, correlationId: correlationId(request) })
    })
  }
}
