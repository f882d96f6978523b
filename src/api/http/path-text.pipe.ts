import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common'
import { ApiProblem } from './api-problem.js'

/** PostgreSQL stores no U+0000, so nothing has it in its id; asking would be an error instead of a miss. */
@Injectable()
export class PathText implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (type === 'param' && typeof value === 'string' && value.includes('\0')) {
      throw new ApiProblem('not-found', 'There is nothing at this address.')
    }
    return value
  }
}
