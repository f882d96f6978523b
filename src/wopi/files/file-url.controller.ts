import { Controller, Get, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../../http/access.js'
import type { Answer } from '../../http/answer.js'
import { FileUrlGuard } from '../guards/file-url.guard.js'
import type { WopiRequest } from '../protocol/operation.js'
import { GetFile } from './get-file.js'
import { PresenceReporter } from './presence-reporter.js'
import { WopiExceptionFilter } from '../protocol/wopi-exception.filter.js'

/** GetFile by an address that authorises itself (WOPI.md §6.3). These requests carry no token and no proof (S-05). */
@ApiExcludeController()
@Controller('wopi/file-contents')
@DeclareAccess('signed-url')
@UseGuards(FileUrlGuard)
@UseFilters(WopiExceptionFilter)
export class FileUrlController {
  constructor(
    private readonly getFile: GetFile,
    private readonly presenceReporter: PresenceReporter,
  ) {}

  @Get(':id')
  async read(@Req() request: WopiRequest): Promise<Answer> {
    const answer = await this.getFile.answer(request)
    this.presenceReporter.answered(request, answer)
    return answer
  }
}
