import { Controller, Get, Post, Req, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../../http/access.js'
import type { Answer } from '../../http/answer.js'
import { correlationId } from '../../http/correlation-id.js'
import { Logger } from '../../logging/logger.js'
import { SaveInterceptor } from '../../saving/save.interceptor.js'
import { LockReasons } from '../locks/lock-reasons.js'
import { PresenceReporter } from './presence-reporter.js'
import { WopiAccessGuard } from '../guards/wopi-access.guard.js'
import { WopiExceptionFilter } from '../protocol/wopi-exception.filter.js'
import { judged, type OperationRequest, type WopiSave } from '../protocol/operation.js'
import { WopiProofGuard } from '../guards/wopi-proof.guard.js'
import { WopiTokenGuard } from '../guards/wopi-token.guard.js'

/** The routes of WOPI.md §4 on files. The access guard has found the operation already. */
@ApiExcludeController()
@Controller('wopi/files')
@DeclareAccess('wopi-token')
@UseGuards(WopiProofGuard, WopiTokenGuard, WopiAccessGuard)
@UseFilters(WopiExceptionFilter)
export class FilesController {
  constructor(
    private readonly saves: SaveInterceptor,
    private readonly presenceReporter: PresenceReporter,
    private readonly reasons: LockReasons,
    private readonly logger: Logger,
  ) {}

  @Get(':id')
  checkFileInfo(@Req() request: OperationRequest): Promise<Answer> {
    return this.answer(request)
  }

  @Get(':id/contents')
  getFile(@Req() request: OperationRequest): Promise<Answer> {
    return this.answer(request)
  }

  @Get([':id/ancestry', ':id/ecosystem_pointer'])
  around(@Req() request: OperationRequest): Promise<Answer> {
    return this.answer(request)
  }

  @Post(':id')
  async operate(@Req() request: OperationRequest): Promise<Answer> {
    const answer = await this.reasons.inWords(request, await this.answer(request))
    if (answer.status !== 200) this.logConflict(request, answer)
    return answer
  }

  @Post(':id/contents')
  @UseInterceptors(SaveInterceptor)
  putContents(@Req() request: OperationRequest): WopiSave {
    const { operation } = request
    // What is below /contents and is posted saves (operations.ts).
    if (operation.needs !== 'save') throw new Error(`${operation.name} is no save`)
    return operation.save(judged(request))
  }

  private async answer(request: OperationRequest): Promise<Answer> {
    const { operation } = request
    // Not by the interceptor's own way, which every Lock would pay for: only PutRelativeFile saves here.
    const answer = await (operation.needs === 'save'
      ? this.saves.around(operation.save(judged(request)))
      : operation.judgesAccess
        ? operation.answer(request)
        : operation.answer(judged(request)))
    this.presenceReporter.answered(request, answer)
    return answer
  }

  // At debug: editors join a session and probe for its lock by conflicts, all day long (CLIENTS.md §1.3).
  private logConflict(request: OperationRequest, { status, headers }: Answer): void {
    const facts = {
      event: 'wopi-conflict',
      status,
      operation: request.operation.name,
      fileId: request.params.id,
      userId: request.user.userId,
      reason: headers['X-WOPI-LockFailureReason']?.toString(),
      correlationId: correlationId(request),
    }
    this.logger.debug(facts, 'a WOPI call met a conflict')
  }
}
