import {
  applyDecorators,
  createParamDecorator,
  UseFilters,
  UseGuards,
  UsePipes,
  type ExecutionContext,
} from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { ApiBearerAuth } from '@nestjs/swagger'
import { DeclareAccess } from '../http/access.js'
import type { ApiUser } from '../permission/api-user.js'
import { ApiExceptionFilter } from './api-exception.filter.js'
import { PathText } from './path-text.pipe.js'

/** A controller for people and programs that are signed in with a bearer token. */
export function BearerAccess(): ClassDecorator {
  return applyDecorators(
    DeclareAccess('bearer'),
    UseGuards(AuthGuard('api')),
    UsePipes(PathText),
    UseFilters(ApiExceptionFilter),
    ApiBearerAuth(),
  )
}

/** The caller. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ApiUser => {
  return context.switchToHttp().getRequest<{ user: ApiUser }>().user
})
