import { All, Controller } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { BearerAccess } from './api-access.js'
import { ApiProblem } from './api-problem.js'

/** Every other address below /api/v1, so that scripts get the same kind of 404 there. The last of the controllers. */
@ApiExcludeController()
@Controller('api/v1')
@BearerAccess()
export class NowhereController {
  @All(['', '*path'])
  nothing(): never {
    throw new ApiProblem('not-found', 'There is nothing at this address.')
  }
}
