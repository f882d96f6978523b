import { Controller, Get, Post, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../../http/access.js'
import type { Answer } from '../../http/answer.js'
import { EcosystemAccessGuard } from '../guards/container-access.guard.js'
import type { EcosystemRequest } from './container-operation.js'
import { WopiExceptionFilter } from '../protocol/wopi-exception.filter.js'
import { WopiProofGuard } from '../guards/wopi-proof.guard.js'
import { WopiTokenGuard } from '../guards/wopi-token.guard.js'

/** Where a native client begins: what the host has, and its topmost container (WOPI.md §10). */
@ApiExcludeController()
@Controller('wopi/ecosystem')
@DeclareAccess('wopi-token')
@UseGuards(WopiProofGuard, WopiTokenGuard, EcosystemAccessGuard)
@UseFilters(WopiExceptionFilter)
export class EcosystemController {
  @Get(['', 'root_container_pointer'])
  read(@Req() request: EcosystemRequest): Promise<Answer> {
    return request.operation.answer(request)
  }

  @Post()
  operate(@Req() request: EcosystemRequest): Promise<Answer> {
    return request.operation.answer(request)
  }
}
