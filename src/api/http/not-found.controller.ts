import { All, Controller, SetMetadata } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { BearerAccess } from './api-access.js'
import { ApiProblem } from './api-problem.js'
import { AuditorMayRead } from './api-role.guard.js'
import { TAKES_QUERY } from './query.js'

/** Every other address below /api/v1, so that scripts get the same kind of 404 there. The last of the controllers. */
@ApiExcludeController()
@Controller('api/v1')
@BearerAccess()
export class NotFoundController {
  @All(['', '*path'])
  @AuditorMayRead()
  @SetMetadata(TAKES_QUERY, true)
  nothing(): never {
    throw new ApiProblem('not-found', 'There is nothing at this address.')
  }
}
