import { Controller, Get, Post, Req, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../http/access.js'
import type { Answer } from '../http/answer.js'
import { PutFile } from './operations/put-file.js'
import type { PutOutcome } from './put-outcome.js'
import { PutFileInterceptor } from './put-file.interceptor.js'
import { WopiAccessGuard } from './wopi-access.guard.js'
import { WopiExceptionFilter } from './wopi-exception.filter.js'
import type { WopiRequest } from './wopi-request.js'
import { WopiTokenGuard } from './wopi-token.guard.js'

/** The routes of WOPI.md §4 on files. The access guard has found the operation already. */
@ApiExcludeController()
@Controller('wopi/files')
@DeclareAccess('wopi-token')
@UseGuards(WopiTokenGuard, WopiAccessGuard)
@UseFilters(WopiExceptionFilter)
export class FilesController {
  constructor(private readonly putFile: PutFile) {}

  @Get(':id')
  checkFileInfo(@Req() request: WopiRequest): Promise<Answer> {
    return request.operation.answer(request)
  }

  @Get(':id/contents')
  getFile(@Req() request: WopiRequest): Promise<Answer> {
    return request.operation.answer(request)
  }

  @Post(':id')
  operate(@Req() request: WopiRequest): Promise<Answer> {
    return request.operation.answer(request)
  }

  @Post(':id/contents')
  @UseInterceptors(PutFileInterceptor)
  putContents(@Req() request: WopiRequest): Promise<PutOutcome> {
    return this.putFile.save(request)
  }
}
