import { Controller, Get, Post, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../../http/access.js'
import type { Answer } from '../../http/answer.js'
import { ContainerAccessGuard } from '../guards/container-access.guard.js'
import type { ContainerRequest } from './container-operation.js'
import { WopiExceptionFilter } from '../protocol/wopi-exception.filter.js'
import { WopiProofGuard } from '../guards/wopi-proof.guard.js'
import { WopiTokenGuard } from '../guards/wopi-token.guard.js'

/** The routes of WOPI.md §4 on containers. The access guard has found the operation already. */
@ApiExcludeController()
@Controller('wopi/containers')
@DeclareAccess('wopi-token')
@UseGuards(WopiProofGuard, WopiTokenGuard, ContainerAccessGuard)
@UseFilters(WopiExceptionFilter)
export class ContainersController {
  @Get([':id', ':id/children', ':id/ancestry', ':id/ecosystem_pointer'])
  read(@Req() request: ContainerRequest): Promise<Answer> {
    return request.operation.answer(request)
  }

  @Post(':id')
  operate(@Req() request: ContainerRequest): Promise<Answer> {
    return request.operation.answer(request)
  }
}
